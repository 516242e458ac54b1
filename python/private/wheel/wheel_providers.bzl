"""What a target that stands for a wheel provides."""

load("@rules_python//python:packaging.bzl", "PyWheelInfo")

def wheel_info(ctx, wheel):
    """rules_python's provider of a wheel.

    Args:
        ctx: of any rule.
        wheel: File.
    """
    name_file = ctx.actions.declare_file(ctx.label.name + ".name")
    ctx.actions.write(name_file, wheel.basename)
    return PyWheelInfo(wheel = wheel, name_file = name_file)

def with_wheels(ctx, wheel, deps):
    """The runfiles of a wheel: with the wheels that it needs, and those that they need.

    Args:
        ctx: of any rule.
        wheel: File.
        deps: targets with wheels.
    """
    return ctx.runfiles([wheel]).merge_all([
        ctx.runfiles(transitive_files = dep[DefaultInfo].files).merge(dep[DefaultInfo].data_runfiles)
        for dep in deps
    ])
