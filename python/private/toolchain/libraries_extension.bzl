"""The module extension that brings what rules_sdist itself needs, pinned by hash."""

load("//python/private/index:index_file_repo.bzl", "index_file_repo")
load("//python/private/rust:cargo_registry_repo.bzl", "cargo_registry_repo")
load("//python/private/rust:host_rust_repo.bzl", "host_rust_repo")
load(":host_python_repo.bzl", "host_python_repo")
load(":host_tools_repo.bzl", "host_tools_repo")

# Sdists, of which the sources are taken as they are: no prebuilt wheel here either.
_LIBRARIES = {
    # The last one that runs on Python 3.9.
    "installer-0.7.0.tar.gz": ("a26d3e3116289bb08216e0d0f7d925fcef0b0194eedfa0c944bcaaa106c4b631", "src/installer/**/*.py"),
    "packaging-26.3.tar.gz": ("94edc256424af38762eb31306eed28beb9f0efc50a8837492c9d6fd6004aed79", "src/packaging/**/*.py"),
    "patch_ng-1.19.1.tar.gz": ("036a3cc00134ec53f37e92333958ee75e117f2e62a5ec2b85c7122e5e815c29e", "patch_ng.py"),
    "pyproject_hooks-1.3.3.tar.gz": ("defda19b854fa0d3bd4f76ea4ddcba8abd7dcfcdd585a6690ade050744fc5f43", "src/pyproject_hooks/**/*.py"),
    # In the standard library from Python 3.11 on.
    "tomli-2.5.0.tar.gz": ("264507556cd8b8c8e7c6ee037cdf443a463f03f4c958e57195e3d369711b8ff6", "src/tomli/*.py"),
    "tqdm-4.70.1.tar.gz": ("cefd0eca11b2a37a3aee776544d4f4ae913f02688135b5556b8788dfa474afc4", "tqdm/**/*.py"),
}

_BUILD_FILE = """\
filegroup(
    name = "py",
    srcs = glob(["{}"]),
    visibility = ["//visibility:public"],
)
"""

def _impl(mctx):
    cargo_registry_repo(name = "rules_sdist_cargo_registry")
    host_python_repo(name = "rules_sdist_host_python")
    host_rust_repo(name = "rules_sdist_host_rust")
    host_tools_repo(name = "rules_sdist_host_tools")
    for filename, (sha256, sources) in _LIBRARIES.items():
        distribution = filename.split("-")[0]
        index_file_repo(
            name = "rules_sdist_" + distribution,
            distribution = distribution,
            filename = filename,
            sha256 = sha256,
            build_file_content = _BUILD_FILE.format(sources),
            strip_prefix = filename.removesuffix(".tar.gz"),
        )
    return mctx.extension_metadata(reproducible = True)

libraries = module_extension(
    implementation = _impl,
    doc = "The libraries of the Python helper, and what the host's tools are.",
)
