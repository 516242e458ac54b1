"""Analysis tests of py_sdist_wheel: its action, its providers, and what it refuses before anything runs."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts", "unittest")
load("@rules_python//python:packaging.bzl", "PyWheelInfo")
load("//python:defs.bzl", "py_sdist_wheel")

# buildifier: disable=bzl-visibility
load("//python/private/wheel:resource_sets.bzl", "CPUS", "MEMORY_PER_CPU_MIB", "RESOURCE_SETS")

def _action_impl(ctx):
    env = analysistest.begin(ctx)
    (action,) = [action for action in analysistest.target_actions(env) if action.mnemonic == "PySdistWheel"]
    asserts.equals(env, {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}, action.env)
    names = [file.basename for file in action.inputs.to_list()]
    asserts.true(env, "demo-1.0.tar.gz" in names, "the sdist is an input")
    asserts.true(env, "a.patch" in names, "the patch is an input")
    asserts.true(env, "helper.zip" in names, "the helper is an input")
    asserts.equals(env, [], [name for name in names if "preload" in name or "compiler_wrapper" in name])
    asserts.equals(env, ["demo-1.0-py3-none-any.whl", "wheel.host_files.json"], [file.basename for file in action.outputs.to_list()])
    asserts.equals(env, [], [word for word in action.argv[1:] if word.startswith("/")])

    target = analysistest.target_under_test(env)
    asserts.equals(env, "demo-1.0-py3-none-any.whl", target[PyWheelInfo].wheel.basename)
    asserts.equals(env, [target[PyWheelInfo].wheel], target[DefaultInfo].files.to_list())
    return analysistest.end(env)

_action_test = analysistest.make(_action_impl)

def _native_action_impl(ctx):
    env = analysistest.begin(ctx)
    (action,) = [action for action in analysistest.target_actions(env) if action.mnemonic == "PySdistWheel"]
    names = [file.basename for file in action.inputs.to_list()]
    asserts.true(env, "compiler_wrapper" in names, "the program that stands before compilers is an input")
    return analysistest.end(env)

_native_action_test = analysistest.make(_native_action_impl)

def _refused_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.expect_failure(env, ctx.attr.message)
    return analysistest.end(env)

_refused_test = analysistest.make(
    _refused_impl,
    expect_failure = True,
    attrs = {"message": attr.string(mandatory = True)},
)

def _on_macos_impl(ctx):
    env = analysistest.begin(ctx)
    actions = {action.mnemonic: action for action in analysistest.target_actions(env)}
    asserts.false(env, "PySdistWheel" in actions)
    asserts.true(env, ctx.attr.message in " ".join(actions["PySdistRefused"].argv))
    return analysistest.end(env)

_on_macos_test = analysistest.make(
    _on_macos_impl,
    attrs = {"message": attr.string(mandatory = True)},
    config_settings = {"//command_line_option:platforms": str(Label("//tests/analysis:macos"))},
)

def _resources_impl(ctx):
    env = unittest.begin(ctx)
    for memory in MEMORY_PER_CPU_MIB:
        for cpus in CPUS:
            asserts.equals(env, {"cpu": cpus, "memory": cpus * memory}, RESOURCE_SETS[memory][cpus]("linux", 1))
    return unittest.end(env)

_resources_test = unittest.make(_resources_impl)

_SDIST = {"sdist": "demo-1.0.tar.gz"}

_REFUSED = {
    "crates_without_rust": (_SDIST | {"cargo_lock": "Cargo.lock"}, "Write `rust = True`."),
    "fixed_answer": (_SDIST | {"fixed": ["time"]}, "`fixed` can't have \"time\"."),
    "fixed_variable": (_SDIST | {"env": {"SOURCE_DATE_EPOCH": "0"}}, "`env` can't set SOURCE_DATE_EPOCH"),
    "no_source": ({}, "give either `sdist` or `srcs`"),
    "pure_rust": (_SDIST | {"rust": True}, "`rust` is for wheels with native code"),
    "sdist_and_srcs": (_SDIST | {"srcs": ["a.patch"]}, "give either `sdist` or `srcs`"),
    "strange_tags": (_SDIST | {"wheel_tags": "any"}, "it needs three parts"),
    "tree_without_name": ({"srcs": ["a.patch"]}, "Write `distribution = \"...\"` and `version = \"...\"`"),
    "unnamed_sdist": ({"sdist": "a.zip"}, "Write `distribution = \"...\"` and `version = \"...\"`"),
}

def py_sdist_wheel_test_suite(name):
    """Makes the tests of this file.

    Args:
        name: of the suite.
    """
    py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz", patches = ["a.patch"], tags = ["manual"])
    _action_test(name = "action_test", target_under_test = ":wheel")
    _resources_test(name = "resources_test")
    py_sdist_wheel(
        name = "selected",
        sdist = "demo-1.0.tar.gz",
        tags = ["manual"],
        wheel_tags = select({
            "@platforms//os:linux": "{python}-{abi}-{platform}",
            "//conditions:default": "py3-none-any",
        }),
    )
    _native_action_test(name = "native_action_test", target_under_test = ":selected")
    native.platform(name = "macos", constraint_values = ["@platforms//cpu:aarch64", "@platforms//os:macos"])
    py_sdist_wheel(name = "native", sdist = "demo-1.0.tar.gz", tags = ["manual"], wheel_tags = "cp311-cp311-macosx_11_0_arm64")
    _on_macos_test(
        name = "not_linux_test",
        message = "wheels with native code are built for Linux only so far, and the target platform has another system",
        target_under_test = ":native",
    )
    tests = [":action_test", ":native_action_test", ":not_linux_test", ":resources_test"]
    for case, (attributes, message) in _REFUSED.items():
        py_sdist_wheel(name = case, tags = ["manual"], **attributes)
        _refused_test(name = case + "_test", target_under_test = ":" + case, message = message)
        tests.append(":" + case + "_test")
    native.test_suite(name = name, tests = tests)
