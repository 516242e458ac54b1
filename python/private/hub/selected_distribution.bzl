"""The macro that a hub's BUILD files call for the labels that users write: aliases of what fits the target's Python."""

_TARGETS = ["buildinfo", "data", "dist_info", "extracted_whl_files", "pkg", "whl"]

def selected_distribution(name, *, variants, grouped, fix):
    """Makes NAME and the targets of `locked_distribution`.

    Args:
        name: the distribution's package name; the alias for `pkg`.
        variants: labels of the packages that have those targets, by the label of the environment's config_setting.
        grouped: whether they have `own_pkg` and `own_whl` too.
        fix: what to do when there is none for the Python and platform that are built for.
    """
    targets = {target: target for target in _TARGETS + (["own_pkg", "own_whl"] if grouped else [])}
    for alias, target in ({name: "pkg"} | targets).items():  # a distribution called "data" is `data`'s loss
        native.alias(
            name = alias,
            actual = select(
                {setting: "{}:{}".format(package, target) for setting, package in variants.items()},
                no_match_error = "\n\n{} is not locked for this Python and platform, only for {}.\n  fix:   {}\n".format(
                    name,
                    ", ".join([setting.split(":")[-1] for setting in variants]),
                    fix,
                ),
            ),
            visibility = ["//visibility:public"],
        )
