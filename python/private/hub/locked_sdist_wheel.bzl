"""The rule that builds an sdist of a lock."""

load("//python/private/wheel:py_sdist_wheel.bzl", "sdist_wheel_rule")

# Called like the public one, which it is but for its errors: `bazel query` says the same kind of both.
py_sdist_wheel = sdist_wheel_rule(
    doc = "`py_sdist_wheel` for the hubs of locks: its errors say that the lock's overrides are the place to write.",
    from_lock = True,
)
