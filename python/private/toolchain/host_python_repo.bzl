"""The version of the `python3` on this machine's PATH, for toolchains that do not tell theirs.

Debian's rules_python registers a shell script that looks `python3` up when it runs; wheel file names need the version
when Bazel loads. A wrong guess is no danger: the action compares it with the tags it gets.
"""

def _impl(rctx):
    python = rctx.which("python3")
    version, flags = "", ""
    if python:
        if hasattr(rctx, "watch"):
            rctx.watch(python)
        result = rctx.execute([python, "-I", "-S", "-c", "import sys; print('%d.%d' % sys.version_info[:2], getattr(sys, 'abiflags', ''), sep=',')"])
        if result.return_code == 0:
            version, flags = result.stdout.strip().split(",")
    rctx.file("BUILD.bazel", "exports_files([\"version.bzl\"])\n")
    rctx.file("version.bzl", "HOST_PYTHON_ABI_FLAGS = {}\nHOST_PYTHON_VERSION = {}\n".format(repr(flags), repr(version)))

host_python_repo = repository_rule(
    implementation = _impl,
    doc = "Makes version.bzl with HOST_PYTHON_VERSION, \"3.14\" or \"\", and HOST_PYTHON_ABI_FLAGS, such as \"t\".",
    # Not `environ = ["PATH"]`: what was fetched stays good where PATH has no Python. `bazel fetch --configure` looks again.
    configure = True,
)
