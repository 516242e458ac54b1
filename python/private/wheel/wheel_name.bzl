"""Computes a wheel's file name (PEP 427) before the wheel exists. Pure functions."""

_SDIST_ENDINGS = [".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar", ".zip"]

def sdist_identity(file_name):
    """Splits an sdist's file name (PEP 625) into distribution and version.

    Args:
        file_name: such as "PyYAML-6.0.2.tar.gz".

    Returns:
        (distribution, version), or ("", "") when the name is not of that form.
    """
    for ending in _SDIST_ENDINGS:
        if file_name.endswith(ending):
            distribution, dash, version = file_name.removesuffix(ending).rpartition("-")
            if dash and distribution and version[:1].isdigit():
                return distribution, version
    return "", ""

def normalized_distribution(name):
    """The distribution's name as wheel file names have it: lower case, runs of `-_.` as one `_`."""
    words = name.lower().replace("-", "_").replace(".", "_").split("_")
    return "_".join([word for word in words if word])

def wheel_file_name(distribution, version, tags):
    """The wheel's file name.

    Args:
        distribution: any spelling.
        version: a PEP 440 version in its normal form.
        tags: "python-abi-platform".

    Returns:
        such as "pyyaml-6.0.2-cp314-cp314-linux_x86_64.whl".
    """
    return "{}-{}-{}.whl".format(normalized_distribution(distribution), version.replace("-", "_"), tags)

def expand_tags(tags, *, version, platform, abi_flags = ""):
    """Fills in the placeholders of `wheel_tags`.

    Args:
        tags: with any of {python}, {abi}, {platform}.
        version: the interpreter's version "3.14", or "" when unknown.
        platform: the platform tag "linux_x86_64", or "" when unknown.
        abi_flags: the interpreter's `sys.abiflags`, such as "t" of a free-threaded one.

    Returns:
        (tags, error): one of them is None.
    """
    if tags.count("-") != 2:
        return None, "`wheel_tags` is {}; it needs three parts (PEP 425).".format(repr(tags))
    if "{platform}" in tags and not platform:
        return None, "The platform tag of this target platform can't be told at analysis time."
    if ("{python}" in tags or "{abi}" in tags) and not version:
        return None, "The Python toolchain does not tell its version at analysis time."
    python = "cp" + version.replace(".", "")
    return tags.format(python = python, abi = python + abi_flags, platform = platform), None
