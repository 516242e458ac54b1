"""Unit tests of what a toolchain tells of its Python."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")

# buildifier: disable=bzl-visibility
load("//python/private/toolchain:python_version.bzl", "python_abi_flags", "python_version")

def _told_impl(ctx):
    env = unittest.begin(ctx)
    declared = struct(interpreter_version_info = struct(major = 3, minor = 13))
    for runtime, file_name, version, abi_flags in [
        (struct(), "python3.14", "3.14", ""),
        (struct(), "python3.14t", "3.14", "t"),
        (struct(), "python3.14td", "3.14", "td"),
        (struct(abi_flags = "<AUTO>"), "python3.14t", "3.14", "t"),
        (struct(abi_flags = "t"), "python3.14", "3.14", "t"),
        (declared, "python", "3.13", ""),
        (struct(abi_flags = "t", interpreter_version_info = declared.interpreter_version_info), "python3", "3.13", "t"),
    ]:
        asserts.equals(env, version, python_version(runtime, file_name))
        asserts.equals(env, abi_flags, python_abi_flags(runtime, file_name))
    return unittest.end(env)

_told_test = unittest.make(_told_impl)

def python_version_test_suite(name):
    """Makes the tests of this file.

    Args:
        name: of the suite.
    """
    unittest.suite(name, _told_test)
