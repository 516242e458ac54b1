"""Public: the rule `py_sdist_wheel`."""

load("//python/private/wheel:py_sdist_wheel.bzl", _py_sdist_wheel = "py_sdist_wheel")

py_sdist_wheel = _py_sdist_wheel
