"""Public: the macro `py_wheel_library`."""

load("//python/private/wheel:py_wheel_library.bzl", _py_wheel_library = "py_wheel_library")

py_wheel_library = _py_wheel_library
