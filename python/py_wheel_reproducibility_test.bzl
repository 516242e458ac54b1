"""Public: the rule `py_wheel_reproducibility_test`."""

load("//python/private/wheel:py_wheel_reproducibility_test.bzl", _py_wheel_reproducibility_test = "py_wheel_reproducibility_test")

py_wheel_reproducibility_test = _py_wheel_reproducibility_test
