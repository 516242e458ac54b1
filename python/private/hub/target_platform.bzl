"""The rule that tells for which Python, on which platform, a target is built."""

load("//python/private/toolchain:interpreter.bzl", "PY_TOOLCHAIN_TYPE", "find_interpreter")

_OS = ["linux", "osx", "windows"]
_CPU = ["aarch64", "x86_64"]

def _impl(ctx):
    def name_of(constraints):
        held = [target.label.name for target in constraints if ctx.target_platform_has_constraint(target[platform_common.ConstraintValueInfo])]
        return held[0] if held else "unknown"

    name = "cp{}_{}_{}".format(
        find_interpreter(ctx).version.replace(".", "") or "unknown",
        name_of(ctx.attr._os),
        name_of(ctx.attr._cpu),
    )
    return [config_common.FeatureFlagInfo(value = name)]

target_platform = rule(
    implementation = _impl,
    doc = "Its value, for `flag_values` of config_setting, is such as \"cp314_linux_x86_64\", as rules_python spells it.",
    attrs = {
        "_cpu": attr.label_list(default = ["@platforms//cpu:" + name for name in _CPU]),
        "_os": attr.label_list(default = ["@platforms//os:" + name for name in _OS]),
    },
    toolchains = [PY_TOOLCHAIN_TYPE],
)
