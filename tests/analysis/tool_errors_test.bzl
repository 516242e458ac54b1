"""Unit tests of what is said of tools of the machine: each error has its parts, and a line to type."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")

# buildifier: disable=bzl-visibility
load("//python/private/toolchain:repository_layout.bzl", "repositories_beside")

# buildifier: disable=bzl-visibility
load("//python/private/toolchain:tool_errors.bzl", "no_base", "refused_tool", "unknown_tool")

_UNKNOWN = "The compiler /usr/bin/cc is a tool of this machine, and rules_sdist has no fingerprint of it"
_CXX = "the C++ toolchain that Bazel has chosen"
_ISOLATION = "the setting @rules_sdist//python/settings:isolation"

def _cases():
    return [
        (unknown_tool("The compiler", "/usr/bin/cc", reason = "", toolchain = "a C++ toolchain"), _UNKNOWN + ".", _CXX, [
            "Register a C++ toolchain whose files are inputs of the actions.",
            "Name it in .bazelrc: common --repo_env=RULES_SDIST_HOST_TOOLS=/usr/bin/cc",
            "bazel fetch --configure",
            "build --@rules_sdist//python/settings:host_tools=platform",
        ]),
        (
            unknown_tool("The compiler", "/usr/bin/cc", reason = "it was moved", toolchain = "a C++ toolchain"),
            _UNKNOWN + " (it was moved).",
            _CXX,
            [],
        ),
        (
            refused_tool("The interpreter", "/usr/bin/python3", toolchain = "a Python toolchain"),
            "The interpreter /usr/bin/python3 is a tool of this machine, which --@rules_sdist//python/settings:host_tools=refuse forbids.",
            "the Python toolchain that Bazel has chosen",
            ["Register a Python toolchain whose files are inputs of the actions."],
        ),
        (no_base("there is no Python"), "rules_sdist has no fingerprint of them (there is no Python).", _ISOLATION, [
            "bazel fetch --configure",
            "build --@rules_sdist//python/settings:isolation=mapped",
        ]),
        (
            repositories_beside("A closed build", "it sees little", where = "the setting", mapped = True),
            "A closed build can't have --experimental_sibling_repository_layout: it sees little, and with this flag the files of other " +
            "repositories are beside that.",
            "the setting",
            [
                "- Take the flag out of .bazelrc, or switch it off: common --noexperimental_sibling_repository_layout\n",
                "- Build without closing: build --@rules_sdist//python/settings:isolation=mapped",
            ],
        ),
        (
            repositories_beside("the test", "it sees little", where = "Bazel's flag", mapped = False),
            "the test can't have",
            "Bazel's flag",
            ["Take the flag out of .bazelrc, or switch it off: common --noexperimental_sibling_repository_layout"],
        ),
    ]

def _parts_impl(ctx):
    env = unittest.begin(ctx)
    for error, what, where, lines in _cases():
        asserts.true(env, what in error.what, error.what)
        asserts.equals(env, where, error.where)
        asserts.true(env, error.fix, "there is something to do")
        for line in lines:
            asserts.true(env, line in error.fix, error.fix)
    return unittest.end(env)

_parts_test = unittest.make(_parts_impl)

def tool_errors_test_suite(name):
    """Makes the tests of this file.

    Args:
        name: of the suite.
    """
    unittest.suite(name, _parts_test)
