"""Public: everything that BUILD files load, in one place."""

load(":py_sdist_wheel.bzl", _py_sdist_wheel = "py_sdist_wheel")
load(":py_wheel_diff_test.bzl", _py_wheel_diff_test = "py_wheel_diff_test")
load(":py_wheel_library.bzl", _py_wheel_library = "py_wheel_library")
load(":py_wheel_reproducibility_test.bzl", _py_wheel_reproducibility_test = "py_wheel_reproducibility_test")

py_sdist_wheel = _py_sdist_wheel
py_wheel_diff_test = _py_wheel_diff_test
py_wheel_library = _py_wheel_library
py_wheel_reproducibility_test = _py_wheel_reproducibility_test
