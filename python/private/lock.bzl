"""Reads a lock that tools/lock wrote. Pure functions."""

LOCK_VERSION = 1

def read_lock(text):
    """Parses a lock.

    Args:
        text: its JSON.

    Returns:
        (lock, error): a struct(build_files, build_sdists, inputs, python, sdists, wheels), or a message; one is None.
    """
    data = json.decode(text, default = None)
    if type(data) != "dict" or "rules_sdist_lock" not in data:
        return None, "it is no lock of rules_sdist, or it is damaged"
    if data["rules_sdist_lock"] != LOCK_VERSION:
        return None, "it is a lock of version {}; this rules_sdist reads version {}".format(data["rules_sdist_lock"], LOCK_VERSION)
    fields = ["build_files", "build_sdists", "inputs", "python", "sdists", "wheels"]
    missing = [field for field in fields if field not in data]
    if missing:
        return None, "it is damaged: {} is missing".format(", ".join(missing))
    return struct(**{field: data[field] for field in fields}), None

def package_name(distribution):
    """The package of a distribution in the hub, spelled as rules_python spells it: "ruamel-yaml" -> "ruamel_yaml"."""
    return distribution.replace("-", "_").replace(".", "_")

def file_repository(hub, kind, distribution, version):
    """The name of the repository of one file.

    Args:
        hub: the hub's name.
        kind: "sdist", "whl" or "build".
        distribution: normalised.
        version: of it.
    """
    return "{}__{}_{}_{}".format(hub, kind, package_name(distribution), version.replace("+", "_").replace("!", "_"))

def spoke_repository(hub, package):
    """The name of the repository that stands in for one of rules_python's.

    Args:
        hub: our hub's name.
        package: the distribution's package in it.
    """
    return "{}__spoke_{}".format(hub, package)
