"""Reads a lock that tools/lock wrote. Pure functions."""

LOCK_VERSION = 2

_FIELDS = ["build_files", "build_sdists", "command", "cycles", "environments", "inputs", "sdists", "wheels"]

def read_lock(text):
    """Parses a lock.

    Args:
        text: its JSON.

    Returns:
        (lock, error): a struct of the fields that hubs are made from, or a message; one is None.
    """
    data = json.decode(text, default = None)
    if type(data) != "dict" or "rules_sdist_lock" not in data:
        return None, "it is no lock of rules_sdist, or it is damaged"
    if data["rules_sdist_lock"] != LOCK_VERSION:
        return None, "it is a lock of version {}; this rules_sdist reads version {}".format(data["rules_sdist_lock"], LOCK_VERSION)
    missing = [field for field in _FIELDS if field not in data]
    if missing:
        return None, "it is damaged: {} is missing".format(", ".join(missing))
    crates = {"{name}-{version}".format(**crate): crate for crate in data.get("crates", [])}
    files = {item["filename"]: True for item in data["build_files"] + data["build_sdists"]}
    for item in data["sdists"] + data["build_sdists"]:
        for name in item["build_requires"]:
            if name not in files:
                return None, "it is damaged: {}, which {} needs, is missing".format(name, item["distribution"])
        for name in item.get("crates", []):
            if name not in crates:
                return None, "it is damaged: the crate {}, which {} needs, is missing".format(name, item["distribution"])
    for kind, items in {"": data["sdists"] + data["wheels"], "build requirement ": data["build_sdists"]}.items():
        known = {}
        for item in items:
            key = (item["distribution"], item["version"] if kind else "", variant_name(item))
            if key in known:
                return None, "it is damaged: {}{} has two variants of the name {}".format(kind, item["distribution"], key[2])
            known[key] = True
    return struct(crates = crates, left_out = data.get("left_out", {}), **{field: data[field] for field in _FIELDS}), None

def variant_name(item):
    """The name of an entry's package in the hub, below the distribution's.

    Args:
        item: an entry of the lock; one of an older rules_sdist has no `variant`.
    """
    return item.get("variant") or (item["environments"][0] if item["environments"] else "any")

def command_of(text):
    """The command that makes a lock, also of one that nobody can read, as after a merge with conflicts; [] if it isn't there.

    Args:
        text: the lock's.
    """
    return text.partition("\"command\": [")[2].partition("]")[0].split("\"")[1::2]

def bare_requirements(text):
    """A requirements.txt without comments and blank lines: a change of those makes no lock stale.

    tools/lock has the same function (`bare_text`), whose digest a lock records when it is all ASCII.

    Args:
        text: the file's.
    """
    lines = [line.replace("\t", " ").strip(" \r") for line in text.split("\n")]
    bare = [line.partition(" #")[0].rstrip(" ") for line in lines if not line.startswith("#")]
    return "".join([line + "\n" for line in bare if line])

def package_name(distribution):
    """The package of a distribution in the hub, spelled as rules_python spells it: "ruamel-yaml" -> "ruamel_yaml"."""
    return distribution.replace("-", "_").replace(".", "_")

def file_repository(hub, item):
    """The name of the repository of one file.

    Args:
        hub: the hub's name.
        item: an entry of the lock, with `distribution`, `version` and `sha256`.
    """
    version = item["version"].replace("+", "_").replace("!", "_")
    return "{}__{}_{}_{}".format(hub, package_name(item["distribution"]), version, item["sha256"][:8])

def crate_repository(crate):
    """The name of the repository of one crate, the same for all hubs.

    Args:
        crate: an entry of a lock's `crates`.
    """
    version = crate["version"].replace("+", "_")
    return "crates__{}_{}_{}".format(crate["name"], version, crate["sha256"][:8])

def spoke_repository(hub, package):
    """The name of the repository that stands in for one of rules_python's.

    Args:
        hub: our hub's name.
        package: the distribution's package in it.
    """
    return "{}__spoke_{}".format(hub, package)
