"""Which Python a toolchain has, as far as it can be told when Bazel loads. Pure functions."""

load("@rules_sdist_host_python//:version.bzl", "HOST_PYTHON_ABI_FLAGS", "HOST_PYTHON_VERSION")

def python_version(runtime, file_name):
    """The version the runtime declares (newer rules_python), the one in its file's name, or the host's.

    Args:
        runtime: PyRuntimeInfo.
        file_name: the interpreter's, such as "python3.14".

    Returns:
        such as "3.14", or "" where nothing tells.
    """
    return _declared_version(runtime) or _version_in_name(file_name) or HOST_PYTHON_VERSION

def python_abi_flags(runtime, file_name):
    """The `sys.abiflags` the runtime declares (newer rules_python), those in its file's name, or the host's.

    Args:
        runtime: PyRuntimeInfo.
        file_name: the interpreter's, such as "python3.14t".

    Returns:
        such as "t" of a free-threaded one, or "".
    """
    declared = getattr(runtime, "abi_flags", None)
    if declared != None and declared != "<AUTO>":
        return declared
    version = _version_in_name(file_name)
    if version:
        return file_name.removeprefix("python" + version)
    return "" if _declared_version(runtime) else HOST_PYTHON_ABI_FLAGS

def _declared_version(runtime):
    info = getattr(runtime, "interpreter_version_info", None)
    if info and getattr(info, "major", None) and getattr(info, "minor", None) != None:
        return "{}.{}".format(info.major, info.minor)
    return ""

def _version_in_name(file_name):
    suffix = file_name.removeprefix("python").rstrip("td")
    parts = suffix.split(".")
    is_version = file_name.startswith("python") and len(parts) == 2 and parts[0].isdigit() and parts[1].isdigit()
    return suffix if is_version else ""
