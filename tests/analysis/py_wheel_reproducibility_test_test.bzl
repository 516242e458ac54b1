"""Analysis tests of py_wheel_reproducibility_test: what it refuses, and the inputs it has."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//python:defs.bzl", "py_sdist_wheel", "py_wheel_reproducibility_test")

def _refused_impl(ctx):
    env = analysistest.begin(ctx)
    for message in ctx.attr.messages:
        asserts.expect_failure(env, message)
    return analysistest.end(env)

_refused_test = analysistest.make(
    _refused_impl,
    expect_failure = True,
    attrs = {"messages": attr.string_list(mandatory = True)},
)

_REFUSED = {
    "source_file": ({"wheel": "downloaded-1.0-py3-none-any.whl"}, ["`wheel` has to be one that rules_sdist builds from source"]),
    "two_wheels": ({"wheel": ":both_wheels"}, ["`wheel` has to be one that rules_sdist builds from source", "//tests/analysis:both_wheels is none"]),
    "unknown_variation": (
        {"wheel": ":one_wheel", "without": ["clock", "weather"]},
        ["there is no variation \"weather\" for `without`", "Known ones: address_layout, build_path, clock, cpus, "],
    ),
}

def _inputs_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    links = {link.path: link.target_file for link in target[DefaultInfo].default_runfiles.root_symlinks.to_list()}
    asserts.true(env, links, "the wheel's inputs are laid out as in its execution root")
    for path, file in links.items():
        asserts.equals(env, "rebuilt_wheel_test.execroot/" + file.path, path)
    names = [file.basename for file in links.values()]
    for name in ["demo-1.0.tar.gz", "a.patch", "helper.zip", "one_wheel.json", "one-1.0-py3-none-any.whl"]:
        asserts.true(env, name in names, name + " is an input")
    asserts.equals(env, {"block-network": "1"}, target[testing.ExecutionInfo].requirements)
    return analysistest.end(env)

_inputs_test = analysistest.make(_inputs_impl)

def py_wheel_reproducibility_test_test_suite(name):
    """Makes the tests of this file.

    Args:
        name: of the suite.
    """
    manual = {"tags": ["manual"]}
    py_sdist_wheel(name = "one_wheel", distribution = "one", sdist = "demo-1.0.tar.gz", patches = ["a.patch"], **manual)
    py_sdist_wheel(name = "other_wheel", distribution = "other", sdist = "demo-1.0.tar.gz", **manual)
    native.filegroup(name = "both_wheels", srcs = [":one_wheel", ":other_wheel"], **manual)
    py_wheel_reproducibility_test(name = "rebuilt_wheel_test", wheel = ":one_wheel", **manual)
    _inputs_test(name = "inputs_test", target_under_test = ":rebuilt_wheel_test")
    tests = [":inputs_test"]
    for case, (attributes, messages) in _REFUSED.items():
        py_wheel_reproducibility_test(name = case + "_refused_test", **(manual | attributes))
        _refused_test(name = case + "_test", target_under_test = ":{}_refused_test".format(case), messages = messages)
        tests.append(":" + case + "_test")
    native.test_suite(name = name, tests = tests)
