"""Unit tests of reading locks, and of the hubs made from them."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")

# buildifier: disable=bzl-visibility
load("//python/private/hub:hub_packages.bzl", "hub_packages")

# buildifier: disable=bzl-visibility
load("//python/private/hub:lock.bzl", "bare_requirements", "command_of", "file_repository", "package_name", "read_lock")

# buildifier: disable=bzl-visibility
load("//python/private/hub:not_locked.bzl", "lock_for")

def _entry(name, *, requires = [], environments = [], **kwargs):
    return {
        "attributes": {},
        "build_requires": [],
        "distribution": name,
        "environments": environments,
        "filename": name + "-1.tar.gz",
        "requires": requires,
        "requires_dist": [],
        "sha256": "0123456789",
        "version": "1",
        "wheel_tags": "py3-none-any",
    } | kwargs

_OLD = "cp39_linux_x86_64"
_NEW = "cp314_linux_x86_64"

_LOCK = {
    "build_files": [{"distribution": "flit-core", "filename": "flit_core-4-py3-none-any.whl", "sha256": "abcdefghijkl", "version": "4"}],
    "build_sdists": [_entry("setuptools", requires = ["six"])],
    "command": ["requirements.txt", "-o", "lock.json"],
    "crates": [{"name": "claw", "sha256": "fedcba9876", "version": "1.2.3+x"}],
    "cycles": [["a", "b"]],
    "environments": [_NEW, _OLD],
    "inputs": {"requirements.txt": "c"},
    "rules_sdist_lock": 2,
    "sdists": [
        _entry("a", requires = ["b", "six"]),
        _entry("crab", crates = ["claw-1.2.3+x"]),
        _entry("ruamel-yaml", attributes = {"cpus": 2}, build_requires = ["flit_core-4-py3-none-any.whl", "setuptools-1.tar.gz"], version = "1.0+local"),
        _entry("split", environments = [_OLD], requires = ["six"]),
    ],
    "wheels": [
        _entry("b", requires = ["a"]),
        _entry("six"),
        _entry("split", environments = [_NEW]),
    ],
}

def _read_lock_impl(ctx):
    env = unittest.begin(ctx)
    lock, error = read_lock(json.encode(_LOCK))
    asserts.equals(env, None, error)
    asserts.equals(env, [_NEW, _OLD], lock.environments)
    for text, message in [
        ("", "no lock"),
        ("{}", "no lock"),
        ("[1]", "no lock"),
        (json.encode(_LOCK)[:-9], "no lock"),
        (json.encode(_LOCK | {"rules_sdist_lock": 3}), "a lock of version 3; this rules_sdist reads version 2"),
        (json.encode({"rules_sdist_lock": 2}), "cycles, environments, inputs, sdists, wheels is missing"),
        (json.encode(_LOCK | {"wheels": [_entry("six"), _entry("six")]}), "six has two variants of the name any"),
        (json.encode(_LOCK | {"build_files": []}), "flit_core-4-py3-none-any.whl, which ruamel-yaml needs, is missing"),
    ]:
        lock, error = read_lock(text)
        asserts.equals(env, None, lock)
        asserts.true(env, message in error, error)
    return unittest.end(env)

def _hub_packages_impl(ctx):
    env = unittest.begin(ctx)
    lock, _ = read_lock(json.encode(_LOCK))
    packages = hub_packages("deps", lock, wheels = True, groups = True)
    asserts.equals(env, ["_build/setuptools_1", "a", "b", "crab", "ruamel_yaml", "six", "split"], sorted(packages))
    asserts.equals(env, {"any": {
        "build_requires": ["@deps__flit_core_4_abcdefgh//:file", "//_build/setuptools_1:whl"],
        "cpus": 2,
        "environments": [_NEW, _OLD],
        "fellows": [],
        "filename": "ruamel-yaml-1.tar.gz",
        "requires": [],
        "requires_dist": [],
        "sdist": "@deps__ruamel_yaml_1.0_local_01234567//:file",
        "sha256": "0123456789",
        "version": "1.0+local",
        "wheel_tags": "py3-none-any",
    }}, packages["ruamel_yaml"])
    asserts.equals(env, {
        "environments": [_NEW, _OLD],
        "fellows": [],
        "filename": "six-1.tar.gz",
        "requires": [],
        "sha256": "0123456789",
        "version": "1",
        "wheel": "@deps__six_1_01234567//:file",
    }, packages["six"]["any"])

    # For each environment its own file.
    asserts.equals(env, {_NEW: [_NEW], _OLD: [_OLD]}, {name: variant["environments"] for name, variant in packages["split"].items()})
    asserts.equals(env, ["six"], packages["split"][_OLD]["requires"])
    asserts.true(env, "wheel" in packages["split"][_NEW])

    # Those that need each other are fellows, and need the other one not again.
    asserts.equals(env, (["b"], ["six"]), (packages["a"]["any"]["fellows"], packages["a"]["any"]["requires"]))
    asserts.equals(env, (["a"], []), (packages["b"]["any"]["fellows"], packages["b"]["any"]["requires"]))
    return unittest.end(env)

def _crates_impl(ctx):
    env = unittest.begin(ctx)
    lock, _ = read_lock(json.encode(_LOCK))
    packages = hub_packages("deps", lock, wheels = True, groups = True)
    asserts.equals(env, ["@crates__claw_1.2.3_x_fedcba98//:crate"], packages["crab"]["any"]["crates"])
    asserts.true(env, packages["crab"]["any"]["rust"])
    asserts.false(env, "rust" in packages["a"]["any"])
    _, error = read_lock(json.encode(_LOCK | {"crates": []}))
    asserts.equals(env, "it is damaged: the crate claw-1.2.3+x, which crab needs, is missing", error)
    return unittest.end(env)

def _swap_packages_impl(ctx):
    env = unittest.begin(ctx)
    lock, _ = read_lock(json.encode(_LOCK))
    packages = hub_packages("deps", lock, wheels = False, groups = False)
    asserts.equals(env, ["_build/setuptools_1", "a", "crab", "ruamel_yaml", "split"], sorted(packages))

    # rules_python's hub holds them together.
    asserts.equals(env, ([], ["six"]), (packages["a"]["any"]["fellows"], packages["a"]["any"]["requires"]))
    asserts.equals(env, [_OLD], packages["split"].keys())
    return unittest.end(env)

def _names_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, "a__b_c_1_2_01234567", file_repository("a", _entry("b.c", version = "1!2")))
    asserts.equals(env, "ruamel_yaml_clib", package_name("ruamel-yaml.clib"))
    return unittest.end(env)

def _command_impl(ctx):
    env = unittest.begin(ctx)
    text = "<<<<<<< HEAD\n" + json.encode_indent(_LOCK).replace("\"version\"", "=======")
    asserts.equals(env, _LOCK["command"], command_of(text))
    asserts.equals(env, [], command_of("not a lock"))
    return unittest.end(env)

def _bare_requirements_impl(ctx):
    # The cases of tests/unit/lock/test_lock_digests.py.
    env = unittest.begin(ctx)
    for text, bare in {
        "": "",
        "  # only\n\n\t# comments": "",
        "a @ https://b/c#sha256=0  # d # e": "a @ https://b/c#sha256=0\n",
        "a==1\t# b": "a==1\n",
        "a==1 \\\r\n    --hash=sha256:0\r\n    # via b\r\n": "a==1 \\\n--hash=sha256:0\n",
    }.items():
        asserts.equals(env, bare, bare_requirements(text))
    return unittest.end(env)

def _lock_for_impl(ctx):
    env = unittest.begin(ctx)
    here = ["cp314_linux_x86_64"]
    for command, locked, wanted, expected in [
        ("lock", here, "cp313_linux_x86_64", "lock --python=python3.14 --python=python3.13"),
        ("lock --python=python3.14", here, "cp313_linux_x86_64", "lock --python=python3.14 --python=python3.13"),
        ("lock", here, "cp314_windows_aarch64", "lock --platform=manylinux_2_28_x86_64 --platform=win_arm64"),
        ("lock", here, "cp314_unknown_unknown", "lock --platform=manylinux_2_28_x86_64 --platform=TAG"),
        ("lock", here, "cpunknown_linux_x86_64", "lock --python=python3.14 --python=PYTHON"),
    ]:
        asserts.equals(env, expected, lock_for(command, locked, wanted))
    return unittest.end(env)

_bare_requirements_test = unittest.make(_bare_requirements_impl)
_command_test = unittest.make(_command_impl)
_crates_test = unittest.make(_crates_impl)
_read_lock_test = unittest.make(_read_lock_impl)
_hub_packages_test = unittest.make(_hub_packages_impl)
_swap_packages_test = unittest.make(_swap_packages_impl)
_lock_for_test = unittest.make(_lock_for_impl)
_names_test = unittest.make(_names_impl)

def lock_test_suite(name):
    """Makes the tests of this file.

    Args:
        name: of the suite.
    """
    unittest.suite(
        name,
        _bare_requirements_test,
        _command_test,
        _crates_test,
        _read_lock_test,
        _hub_packages_test,
        _swap_packages_test,
        _names_test,
        _lock_for_test,
    )
