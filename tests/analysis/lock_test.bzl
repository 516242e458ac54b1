"""Unit tests of reading locks, and of the hubs made from them."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")

# buildifier: disable=bzl-visibility
load("//python/private:hub_packages.bzl", "hub_packages")

# buildifier: disable=bzl-visibility
load("//python/private:lock.bzl", "file_repository", "package_name", "read_lock")

_LOCK = {
    "build_files": [{"distribution": "flit-core", "filename": "flit_core-4-py3-none-any.whl", "sha256": "b", "version": "4"}],
    "build_sdists": [{
        "build_requires": [],
        "distribution": "setuptools",
        "filename": "setuptools-84.tar.gz",
        "requires": ["six"],
        "version": "84",
        "wheel_tags": "py3-none-any",
    }],
    "inputs": {"requirements.txt": "c"},
    "python": "3.14",
    "rules_sdist_lock": 1,
    "sdists": [{
        "build_requires": ["flit_core-4-py3-none-any.whl", "setuptools-84.tar.gz"],
        "distribution": "ruamel-yaml",
        "requires": ["six"],
        "version": "1.0+local",
        "wheel_tags": "py3-none-any",
    }],
    "wheels": [{"distribution": "six", "requires": [], "version": "1"}],
}

def _read_lock_impl(ctx):
    env = unittest.begin(ctx)
    lock, error = read_lock(json.encode(_LOCK))
    asserts.equals(env, None, error)
    asserts.equals(env, "3.14", lock.python)
    for text, message in [
        ("", "no lock"),
        ("{}", "no lock"),
        ("[1]", "no lock"),
        (json.encode(_LOCK)[:-9], "no lock"),
        (json.encode(_LOCK | {"rules_sdist_lock": 2}), "a lock of version 2; this rules_sdist reads version 1"),
        (json.encode({"rules_sdist_lock": 1}), "build_files, build_sdists, inputs, python, sdists, wheels is missing"),
    ]:
        lock, error = read_lock(text)
        asserts.equals(env, None, lock)
        asserts.true(env, message in error, error)
    return unittest.end(env)

def _hub_packages_impl(ctx):
    env = unittest.begin(ctx)
    lock, _ = read_lock(json.encode(_LOCK))
    asserts.equals(env, {
        "ruamel_yaml": {
            "build_requires": ["@deps__build_flit_core_4//:file", "//_build/setuptools_84:whl"],
            "cpus": 2,
            "requires": ["six"],
            "sdist": "@deps__sdist_ruamel_yaml_1.0_local//:file",
            "version": "1.0+local",
            "wheel_tags": "py3-none-any",
        },
        "six": {"requires": [], "version": "1", "wheel": "@deps__whl_six_1//:file"},
        "_build/setuptools_84": {
            "build_requires": [],
            "requires": [],
            "sdist": "@deps__build_setuptools_84//:file",
            "version": "84",
            "wheel_tags": "py3-none-any",
        },
    }, hub_packages("deps", lock, {"ruamel-yaml": {"cpus": 2}}))
    asserts.equals(env, ["_build/setuptools_84", "ruamel_yaml"], sorted(hub_packages("deps", lock, {}, sdists_only = True)))
    asserts.equals(env, "a__whl_b_c_1_2", file_repository("a", "whl", "b.c", "1!2"))
    asserts.equals(env, "ruamel_yaml_clib", package_name("ruamel-yaml.clib"))
    return unittest.end(env)

_read_lock_test = unittest.make(_read_lock_impl)
_hub_packages_test = unittest.make(_hub_packages_impl)

def lock_test_suite(name):
    """Makes the tests of this file.

    Args:
        name: of the suite.
    """
    unittest.suite(name, _read_lock_test, _hub_packages_test)
