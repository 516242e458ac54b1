"""Where a registry has a crate. Pure functions."""

def crate_url(template, name, version, sha256):
    """The address of one crate, see https://doc.rust-lang.org/cargo/reference/registry-index.html#index-configuration.

    Args:
        template: the `dl` of the registry's config.json.
        name: the crate's.
        version: its version.
        sha256: the .crate file's.

    Returns:
        the address.
    """
    values = {
        "{crate}": name,
        "{lowerprefix}": _prefix(name.lower()),
        "{prefix}": _prefix(name),
        "{sha256-checksum}": sha256,
        "{version}": version,
    }
    if not [marker for marker in values if marker in template]:
        return "{}/{}/{}/download".format(template.rstrip("/"), name, version)
    for marker, value in values.items():
        template = template.replace(marker, value)
    return template

def _prefix(name):
    """The folder of a crate in an index: "1", "2", "3/a" or "ab/cd", by the length of its name."""
    if len(name) < 3:
        return str(len(name))
    return "3/" + name[0] if len(name) == 3 else "{}/{}".format(name[:2], name[2:4])
