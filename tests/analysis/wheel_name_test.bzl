"""Unit tests of the file names that wheels get at analysis time."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")

# buildifier: disable=bzl-visibility
load("//python/private/wheel:wheel_name.bzl", "expand_tags", "normalized_distribution", "sdist_identity", "wheel_file_name")

def _sdist_identity_impl(ctx):
    env = unittest.begin(ctx)
    for name, expected in {
        "PyYAML-6.0.2.tar.gz": ("PyYAML", "6.0.2"),
        "demo-1.0-beta.tar.gz": ("", ""),
        "demo.tar.gz": ("", ""),
        "flit_core-3.9.0.tgz": ("flit_core", "3.9.0"),
        "oslo.i18n-6.5.0.tar.bz2": ("oslo.i18n", "6.5.0"),
        "pywin32-ctypes-0.2.3.zip": ("pywin32-ctypes", "0.2.3"),
        "readme.txt": ("", ""),
        "six-1.17.0.tar.xz": ("six", "1.17.0"),
    }.items():
        asserts.equals(env, expected, sdist_identity(name))
    return unittest.end(env)

def _wheel_file_name_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, "pyyaml-6.0.2-cp314-cp314-linux_x86_64.whl", wheel_file_name("PyYAML", "6.0.2", "cp314-cp314-linux_x86_64"))
    asserts.equals(env, "oslo_i18n-6.5.0-py3-none-any.whl", wheel_file_name("oslo.i18n", "6.5.0", "py3-none-any"))
    asserts.equals(env, "a_b_c", normalized_distribution("A-_b.C"))
    return unittest.end(env)

def _expand_tags_impl(ctx):
    env = unittest.begin(ctx)
    full = "{python}-{abi}-{platform}"
    asserts.equals(env, ("cp39-cp39-linux_aarch64", None), expand_tags(full, version = "3.9", platform = "linux_aarch64"))
    asserts.equals(env, ("py3-none-any", None), expand_tags("py3-none-any", version = "", platform = ""))
    threaded = expand_tags(full, version = "3.14", platform = "linux_x86_64", abi_flags = "t")
    asserts.equals(env, ("cp314-cp314t-linux_x86_64", None), threaded)
    for tags, version, platform, text in [
        ("any", "3.14", "linux_x86_64", "three parts"),
        (full, "3.14", "", "platform tag"),
        (full, "", "linux_x86_64", "does not tell its version"),
    ]:
        expanded, error = expand_tags(tags, version = version, platform = platform)
        asserts.equals(env, None, expanded)
        asserts.true(env, text in error, error)
    return unittest.end(env)

_sdist_identity_test = unittest.make(_sdist_identity_impl)
_wheel_file_name_test = unittest.make(_wheel_file_name_impl)
_expand_tags_test = unittest.make(_expand_tags_impl)

def wheel_name_test_suite(name):
    """Makes the tests of this file.

    Args:
        name: of the suite.
    """
    unittest.suite(name, _sdist_identity_test, _wheel_file_name_test, _expand_tags_test)
