"""What a hub's BUILD files say, computed from a lock. Pure functions."""

load(":lock.bzl", "crate_repository", "file_repository", "package_name", "variant_name")

def hub_packages(hub, lock, *, wheels, groups):
    """The packages of a hub.

    Args:
        hub: its name.
        lock: see `read_lock`.
        wheels: whether it has the lock's wheels too.
        groups: whether it holds together the distributions that need each other, or some other hub does.

    Returns:
        a dict of variants by package name; those are dicts of arguments for `locked_distribution` by the variant's
        name, with one more item "environments".
    """
    build_labels = {item["filename"]: _file_label(hub, item) for item in lock.build_files}
    build_labels |= {item["filename"]: "//{}:whl".format(_build_package(item)) for item in lock.build_sdists}
    fellows = {name: [other for other in group if other != name] for group in lock.cycles for name in group}

    def runtime(item):
        fellow = fellows.get(item["distribution"], [])
        here = {other["distribution"]: True for other in lock.sdists + lock.wheels if _share(item, other)} if fellow else {}
        return {
            "fellows": [package_name(name) for name in fellow if name in here] if groups else [],
            "requires": [package_name(name) for name in item["requires"] if name not in fellow],
        }

    def sdist(item):
        return item["attributes"] | _common(item) | _rust(item, lock) | {
            "build_requires": [build_labels[name] for name in item["build_requires"]],
            "requires_dist": item["requires_dist"],
            "sdist": _file_label(hub, item),
            "wheel_tags": item["wheel_tags"],
        }

    packages = {}
    for item in lock.sdists:
        _add(packages, package_name(item["distribution"]), item, lock, sdist(item) | runtime(item))
    for item in lock.build_sdists:
        _add(packages, _build_package(item), item, lock, sdist(item) | {"fellows": [], "requires": []})
    for item in lock.wheels if wheels else []:
        wheel = _common(item) | {"wheel": _file_label(hub, item)}
        _add(packages, package_name(item["distribution"]), item, lock, wheel | runtime(item))
    return packages

def _common(item):
    known = {
        "entry_points": item.get("entry_points"),
        "filename": item["filename"],
        "project": item.get("name"),
        "sha256": item["sha256"],
        "version": item["version"],
    }
    return {key: value for key, value in known.items() if value != None}

def _rust(item, lock):
    if "crates" not in item:
        return {}
    return {
        "crates": ["@{}//:crate".format(crate_repository(lock.crates[name])) for name in item["crates"]],
        "rust": True,
    }

def _add(packages, name, item, lock, arguments):
    """Adds a variant."""
    variants = packages.setdefault(name, {})
    variants[variant_name(item)] = arguments | {"environments": item["environments"] or lock.environments}

def _share(item, other):
    """Whether two entries are for the same environments, at least in part."""
    return not item["environments"] or not other["environments"] or [name for name in item["environments"] if name in other["environments"]]

def _build_package(item):
    """The package of a build requirement that is built: apart from the others, for it may have another version."""
    return "_build/{}_{}".format(package_name(item["distribution"]), item["version"].replace("+", "_").replace("!", "_"))

def _file_label(hub, item):
    return "@{}//:file".format(file_repository(hub, item))
