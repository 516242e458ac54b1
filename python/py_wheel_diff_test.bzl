"""Public: the rule `py_wheel_diff_test`."""

load("//python/private/wheel:py_wheel_diff_test.bzl", _py_wheel_diff_test = "py_wheel_diff_test")

py_wheel_diff_test = _py_wheel_diff_test
