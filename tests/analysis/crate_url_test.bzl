"""Unit tests of where a registry has its crates."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")

# buildifier: disable=bzl-visibility
load("//python/private/rust:crate_url.bzl", "crate_url")

def _crate_url_impl(ctx):
    env = unittest.begin(ctx)
    for template, name, expected in [
        ("https://x/api/", "Inflector", "https://x/api/Inflector/1.0/download"),
        ("https://x/{crate}/{crate}-{version}.crate", "itoa", "https://x/itoa/itoa-1.0.crate"),
        ("https://x/{prefix}/{lowerprefix}/{sha256-checksum}", "Inflector", "https://x/In/fl/in/fl/abc"),
        ("https://x/{prefix}", "syn", "https://x/3/s"),
        ("https://x/{prefix}", "ab", "https://x/2"),
    ]:
        asserts.equals(env, expected, crate_url(template, name, "1.0", "abc"))
    return unittest.end(env)

_crate_url_test = unittest.make(_crate_url_impl)

def crate_url_test_suite(name):
    """Makes the tests of this file.

    Args:
        name: of the suite.
    """
    unittest.suite(name, _crate_url_test)
