"""The macro that a hub's BUILD files call for the labels that users write: aliases of what fits the target's Python."""

load(":not_locked.bzl", "not_locked")

# What users write after @HUB//NAME.
TARGETS = ["buildinfo", "data", "dist_info", "extracted_whl_files", "package_metadata", "pkg", "whl"]

def selected_distribution(name, *, variants, grouped, command):
    """Makes NAME and the targets of `locked_distribution`.

    Args:
        name: the distribution's package name; the alias for `pkg`.
        variants: labels of the packages that have those targets, by the label of the environment's config_setting.
        grouped: whether they have `own_pkg` and `own_whl` too.
        command: the command that made the lock.
    """
    targets = {target: target for target in TARGETS + (["own_pkg", "own_whl"] if grouped else [])}
    none = name + ".not_locked"
    not_locked(
        name = none,
        command = command,
        distribution = name,
        locked = [setting.split(":")[-1] for setting in variants],
        tags = ["manual"],
    )
    for alias, target in ({name: "pkg"} | targets).items():  # a distribution called "data" is `data`'s loss
        native.alias(
            name = alias,
            actual = select(
                {setting: "{}:{}".format(package, target) for setting, package in variants.items()} |
                {"//conditions:default": ":" + none},
            ),
            visibility = ["//visibility:public"],
        )
