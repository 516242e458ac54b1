"""Why a build can't be told from one with other tools, or can't be closed. Pure functions; each returns the parts of an error."""

_SETTING = "the setting @rules_sdist//python/settings:"

_REGISTER = "Register {} whose files are inputs of the actions."
_PLATFORM = "Where the execution platform's exec_properties name the machine's image, and actions run nowhere else:\n" + \
            "      build --@rules_sdist//python/settings:host_tools=platform"
_MAPPED = "Build without closing: build --@rules_sdist//python/settings:isolation=mapped"

def _one_of(ways):
    return "Do one of these:" + "".join(["\n    - " + way for way in ways])

def unknown_tool(what, path, *, reason, toolchain):
    """A tool of this machine has no fingerprint.

    Args:
        what: "The interpreter" and so on.
        path: its absolute path, or "" where that is not known.
        reason: why it has none, or "".
        toolchain: "a Python toolchain" or "a C++ toolchain".

    Returns:
        struct(what, where, fix), see `refuse`.
    """
    return struct(
        what = ("{} {} is a tool of this machine, and rules_sdist has no fingerprint of it{}. A cache could hand the wheels of " +
                "another machine to this one.").format(what, path or "?", " ({})".format(reason) if reason else ""),
        where = toolchain.replace("a ", "the ", 1) + " that Bazel has chosen",
        fix = _one_of([
            _REGISTER.format(toolchain),
            "Name it in .bazelrc: common --repo_env=RULES_SDIST_HOST_TOOLS=" + (path or "PATH"),
            "If it was installed, or came onto PATH, just now: bazel fetch --configure",
            _PLATFORM,
        ]),
    )

def refused_tool(what, path, *, toolchain):
    """A tool of this machine would be used, and a setting forbids that.

    Args:
        what: as for `unknown_tool`.
        path: likewise.
        toolchain: likewise.

    Returns:
        struct(what, where, fix), see `refuse`.
    """
    return struct(
        what = "{} {} is a tool of this machine, which --@rules_sdist//python/settings:host_tools=refuse forbids.".format(what, path or "?"),
        where = toolchain.replace("a ", "the ", 1) + " that Bazel has chosen",
        fix = _REGISTER.format(toolchain),
    )

def no_base(reason):
    """Nothing tells what the base utilities of this machine are.

    Args:
        reason: why not.

    Returns:
        struct(what, where, fix), see `refuse`.
    """
    return struct(
        what = "Closed builds see base utilities of this machine, and rules_sdist has no fingerprint of them ({}).".format(reason),
        where = _SETTING + "isolation",
        fix = _one_of([
            "Put a Python 3.9 or newer onto PATH, and write: bazel fetch --configure",
            _PLATFORM,
            _MAPPED,
        ]),
    )
