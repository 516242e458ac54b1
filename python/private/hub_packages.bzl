"""What a hub's BUILD files say, computed from a lock. Pure functions."""

load(":lock.bzl", "file_repository", "package_name")

def hub_packages(hub, lock, overrides, sdists_only = False):
    """The packages of a hub.

    Args:
        hub: its name.
        lock: see `read_lock`.
        overrides: dicts of more attributes for `py_sdist_wheel`, by normalised distribution.
        sdists_only: whether the wheels come from another hub.

    Returns:
        a dict of arguments for `locked_distribution` by package name.
    """
    build_labels = {item["filename"]: _file_label(hub, "build", item) for item in lock.build_files}
    build_labels |= {item["filename"]: "//{}:whl".format(_build_package(item)) for item in lock.build_sdists}

    def sdist(kind, item):
        return {
            "build_requires": [build_labels[name] for name in item["build_requires"]],
            "requires": [package_name(name) for name in item["requires"]] if kind == "sdist" else [],
            "sdist": _file_label(hub, kind, item),
            "version": item["version"],
            "wheel_tags": item["wheel_tags"],
        } | overrides.get(item["distribution"], {})

    packages = {package_name(item["distribution"]): sdist("sdist", item) for item in lock.sdists}
    packages |= {_build_package(item): sdist("build", item) for item in lock.build_sdists}
    for item in [] if sdists_only else lock.wheels:
        packages[package_name(item["distribution"])] = {
            "requires": [package_name(name) for name in item["requires"]],
            "version": item["version"],
            "wheel": _file_label(hub, "whl", item),
        }
    return packages

def _build_package(item):
    """The package of a build requirement that is built: apart from the others, for it may have another version."""
    return "_build/{}_{}".format(package_name(item["distribution"]), item["version"].replace("+", "_").replace("!", "_"))

def _file_label(hub, kind, item):
    return "@{}//:file".format(file_repository(hub, kind, item["distribution"], item["version"]))
