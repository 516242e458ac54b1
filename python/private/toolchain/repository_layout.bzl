"""Where Bazel lays out the files of other repositories."""

# Whether that is beside the execution root, as `../NAME`, and not in it, as `external/NAME`.
REPOSITORIES_BESIDE = Label("@bazel_tools//tools:BUILD").workspace_root.startswith("../")

_FLAG = "--experimental_sibling_repository_layout"
_MAPPED = "Build without closing: build --@rules_sdist//python/settings:isolation=mapped"
_WITHOUT = "Take the flag out of .bazelrc, or switch it off: common --noexperimental_sibling_repository_layout"

def repositories_beside(who, why, *, where, mapped):
    """The error where that can't be.

    Args:
        who: what can't have it, such as "A closed build".
        why: what it needs instead.
        where: see `refuse`.
        mapped: whether a mapped build could have it.

    Returns:
        struct(what, where, fix), see `refuse`.
    """
    return struct(
        what = "{} can't have {}: {}, and with this flag the files of other repositories are beside that.".format(who, _FLAG, why),
        where = where,
        fix = "Do one of these:\n    - {}\n    - {}".format(_WITHOUT, _MAPPED) if mapped else _WITHOUT,
    )
