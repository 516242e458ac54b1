"""The version of rules_sdist, as in MODULE.bazel."""

VERSION = "0.1.0"
