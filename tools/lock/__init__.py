"""Makes a project's pinned requirements into the build targets that Bazel needs."""
