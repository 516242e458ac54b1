"""The rule that stands for a distribution where the lock does not have it for the Python and platform that are built for."""

load("@rules_python//python:packaging.bzl", "PyWheelInfo")
load("@rules_python//python:py_info.bzl", "PyInfo")
load("//python/private:errors.bzl", "refuse_when_built")
load("//python/private/wheel:wheel_providers.bzl", "wheel_info")

# What `lock --platform` is to be told.
_TAGS = {
    "linux_aarch64": "manylinux_2_28_aarch64",
    "linux_x86_64": "manylinux_2_28_x86_64",
    "osx_aarch64": "macosx_11_0_arm64",
    "osx_x86_64": "macosx_11_0_x86_64",
    "windows_aarch64": "win_arm64",
    "windows_x86_64": "win_amd64",
}

def lock_for(command, locked, wanted):
    """The command that locks for one more Python or platform.

    Args:
        command: the one that made the lock.
        locked: list of what that is for, such as ["cp314_linux_x86_64"].
        wanted: what it is to be for as well.

    Returns:
        the command line.
    """
    parts = {name: name.split("_", 1) for name in locked + [wanted]}
    options = []
    for option, index, spell in [("--python", 0, _python), ("--platform", 1, _platform)]:
        had = [parts[name][index] for name in locked]
        if parts[wanted][index] not in had:
            # Where none was named, the lock is for what it was made with.
            named = [] if option in command else had
            options += ["{}={}".format(option, spell(part)) for part in {part: True for part in named + [parts[wanted][index]]}]
    return " ".join([command] + options)

def _python(name):
    version = name.removeprefix("cp")
    return "python{}.{}".format(version[0], version[1:]) if version.isdigit() else "PYTHON"

def _platform(name):
    return _TAGS.get(name, "TAG")

def refused_distribution(ctx, what, fix):
    """The providers of a distribution that can't be built.

    Args:
        ctx: of the rule.
        what: see `refuse_when_built`.
        fix: see there.

    Returns:
        a list of them.
    """
    wheel = ctx.actions.declare_file("{}-0-py3-none-any.whl".format(ctx.label.name))
    refuse_when_built(ctx, [wheel], what, fix = fix, where = str(ctx.label))
    files = depset([wheel])
    return [
        DefaultInfo(files = files, runfiles = ctx.runfiles([wheel])),
        OutputGroupInfo(buildinfo = files),
        PyInfo(transitive_sources = files),
        wheel_info(ctx, wheel),
    ]

def _impl(ctx):
    wanted = ctx.attr._target_platform[config_common.FeatureFlagInfo].value
    return refused_distribution(
        ctx,
        "{} is not locked for {}, only for {}.".format(ctx.attr.distribution, wanted, ", ".join(ctx.attr.locked)),
        fix = lock_for(ctx.attr.command, ctx.attr.locked, wanted),
    )

not_locked = rule(
    implementation = _impl,
    doc = "An error for who builds it, with the command to type; `query` and analysis succeed.",
    attrs = {
        "command": attr.string(doc = "The command that made the lock.", mandatory = True),
        "distribution": attr.string(doc = "The distribution's package name.", mandatory = True),
        "locked": attr.string_list(doc = "What the lock has it for.", mandatory = True),
        "_target_platform": attr.label(default = "//python/settings:target_platform"),
    },
    provides = [PyInfo, PyWheelInfo],
)
