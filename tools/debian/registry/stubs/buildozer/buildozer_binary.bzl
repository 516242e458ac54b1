"""Stands in for the extension of the same name; nothing here runs `bazel mod tidy`."""

def _repo_impl(rctx):
    rctx.file("BUILD.bazel", "")

_repo = repository_rule(implementation = _repo_impl)

def _impl(_mctx):
    _repo(name = "buildozer_binary")

buildozer_binary = module_extension(implementation = _impl)
