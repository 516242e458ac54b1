"""The rule of a hub's `whl`: a wheel, as who depends on it wants it."""

load("@rules_python//python:packaging.bzl", "PyWheelInfo")
load("//python/private/wheel:providers.bzl", "SdistWheelInfo")
load("//python/private/wheel:wheel_providers.bzl", "wheel_info", "with_wheels")

def _impl(ctx):
    (wheel,) = ctx.files.wheel
    runfiles = with_wheels(ctx, wheel, ctx.attr.deps).merge(ctx.attr.wheel[DefaultInfo].default_runfiles)
    info = ctx.attr.wheel[PyWheelInfo] if PyWheelInfo in ctx.attr.wheel else wheel_info(ctx, wheel)
    providers = [DefaultInfo(files = depset([wheel]), runfiles = runfiles), info]
    if SdistWheelInfo in ctx.attr.wheel:
        providers.append(ctx.attr.wheel[SdistWheelInfo])
    return providers

locked_wheel = rule(
    implementation = _impl,
    doc = "Hands on a wheel, downloaded or built, with the wheels that it needs among its runfiles.",
    attrs = {
        "deps": attr.label_list(doc = "The wheels that it needs when it is installed.", allow_files = [".whl"]),
        "wheel": attr.label(doc = "The wheel.", allow_files = [".whl"], mandatory = True),
    },
    provides = [PyWheelInfo],
)
