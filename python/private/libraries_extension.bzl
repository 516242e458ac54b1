"""The module extension that brings what rules_sdist itself needs, pinned by hash."""

load(":host_python_repo.bzl", "host_python_repo")
load(":index_file_repo.bzl", "index_file_repo")

_LIBRARIES = {
    # The last one that runs on Python 3.9.
    "installer-0.7.0-py3-none-any.whl": "05d1933f0a5ba7d8d6296bb6d5018e7c94fa473ceb10cf198a92ccea19c27b53",
    "packaging-26.3-py3-none-any.whl": "d7193f7c8e4e93f444fde0262bf90af30e16fa0ad0ad44cb553c87339b23cd1c",
    "patch_ng-1.19.1-py3-none-any.whl": "d45fd47b3f74b48c3e336690341876bb26244a077a06f5f7e6e47c19c15c1ca4",
    "pyproject_hooks-1.3.3-py3-none-any.whl": "5fc53fdac9f7bd63fbcdc868fb5f90b4784d78a53a3d3388cd738b807441a20b",
    # In the standard library from Python 3.11 on.
    "tomli-2.5.0-py3-none-any.whl": "32a7b79ac57a2e83670ce329ccf675798bc5a2094783a63676866b70503f2e2b",
    "tqdm-4.70.1-py3-none-any.whl": "c293e525e6fef9c20e8728fd4612df02a0aa31bb5fe91ecd93e123b1b7bffa73",
}

_BUILD_FILE = """\
filegroup(
    name = "py",
    srcs = glob(["**/*.py"]),
    visibility = ["//visibility:public"],
)
"""

def _impl(mctx):
    host_python_repo(name = "rules_sdist_host_python")
    for filename, sha256 in _LIBRARIES.items():
        distribution = filename.split("-")[0]
        index_file_repo(
            name = "rules_sdist_" + distribution,
            distribution = distribution,
            filename = filename,
            sha256 = sha256,
            build_file_content = _BUILD_FILE,
        )
    return mctx.extension_metadata(reproducible = True)

libraries = module_extension(
    implementation = _impl,
    doc = "The libraries of the Python helper, and the version of the host's Python.",
)
