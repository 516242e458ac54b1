"""The macro that a hub's BUILD files call for what its inputs pin, but nothing needs: requirements with a false marker."""

load("@rules_python//python:packaging.bzl", "PyWheelInfo")
load("@rules_python//python:py_info.bzl", "PyInfo")
load(":not_locked.bzl", "refused_distribution")
load(":selected_distribution.bzl", "TARGETS")

def _impl(ctx):
    why = "its marker, {}, is false".format(ctx.attr.marker) if ctx.attr.marker else "nothing else needs it"
    return refused_distribution(
        ctx,
        "{} is not locked: {} on {}.".format(ctx.attr.distribution, why, ", ".join(ctx.attr.environments)),
        fix = "Remove it from `deps`, or let `select` add it elsewhere; or change the requirements, and type: " + ctx.attr.command,
    )

_left_out = rule(
    implementation = _impl,
    doc = "An error for who builds it; `query` and analysis succeed.",
    attrs = {
        "command": attr.string(doc = "The command that made the lock.", mandatory = True),
        "distribution": attr.string(doc = "The distribution's package name.", mandatory = True),
        "environments": attr.string_list(doc = "What the lock is for.", mandatory = True),
        "marker": attr.string(doc = "Its PEP 508 marker, or \"\"."),
    },
    provides = [PyInfo, PyWheelInfo],
)

def left_out_distribution(name, **kwargs):
    """Makes NAME and the targets of `locked_distribution`.

    Args:
        name: the distribution's package name.
        **kwargs: the attributes of an error.
    """
    error = name + ".left_out"
    _left_out(name = error, distribution = name, tags = ["manual"], **kwargs)
    for alias in {target: True for target in [name] + TARGETS}:
        native.alias(name = alias, actual = ":" + error, tags = ["manual"], visibility = ["//visibility:public"])
