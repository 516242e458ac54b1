"""The macro that makes a wheel importable."""

load("@rules_python//python:py_library.bzl", "py_library")
load("//python/private:errors.bzl", "refuse")
load(":py_wheel_install.bzl", "py_wheel_install")
load(":wheel_library.bzl", "wheel_library")

_HAS_ENTRY_POINTS = {None: "", False: "no", True: "yes"}
_GROUPS = {"data": "data", "dist_info": "dist_info", "files": "extracted"}

def _installed(name, wheel, bytecode, entry_points, common):
    """Makes the target that installs the wheel, whose name it returns, and those of parts of it."""
    install = name + ".install"
    if entry_points not in _HAS_ENTRY_POINTS.keys():  # a list: what is no key at all is told too
        refuse(
            "//{}:{}: `entry_points` says whether the wheel has an entry_points.txt, and is {}.".format(
                native.package_name(),
                name,
                repr(entry_points),
            ),
            where = "`entry_points`",
            fix = "Write True or False, or leave it out where you do not know.",
        )
    py_wheel_install(
        name = install,
        wheel = wheel,
        bytecode = bytecode,
        entry_points = _HAS_ENTRY_POINTS[entry_points],
        **common
    )
    for group, output_group in _GROUPS.items():
        native.filegroup(name = "{}.{}".format(name, group), srcs = [install], output_group = output_group, **common)
    return install

def py_wheel_library(
        name,
        *,
        wheel,
        deps = [],
        bytecode = False,
        entry_points = None,
        visibility = None,
        tags = [],
        testonly = None,
        **kwargs):
    """Makes a `py_library` of any wheel, one of ours or a downloaded one.

    ```starlark
    py_wheel_library(
        name = "pyyaml",
        wheel = ":pyyaml_wheel",
    )
    ```

    Also makes `NAME.install`, the folders it is installed in (`site-packages`, `bin`, `data`, `include`), and of these
    `NAME.data`, the last three; `NAME.files`, all of them and the wheel; and `NAME.dist_info`, its .dist-info folder, and
    its `entry_points.txt` as a file of its own, for `py_console_script_binary`'s `entry_points_txt`.

    Args:
        name: name of the library.
        wheel: label of the wheel.
        deps: what it needs at run time: other `py_library` targets.
        bytecode: whether to compile its modules to unchecked-hash bytecode, which has no time in it.
        entry_points: whether the wheel has an `entry_points.txt`, True or False; where it is None and the wheel has none,
            `NAME.dist_info` has an empty one.
        visibility: as usual.
        tags: as usual.
        testonly: as usual.
        **kwargs: passed on to `py_library`.
    """
    private = {"tags": tags, "testonly": testonly}
    common = private | {"visibility": visibility}
    install = _installed(name, wheel, bytecode, entry_points, common)

    # A folder in `srcs` would be dropped silently; in `data` it gets into the runfiles whole.
    py_library(
        name = name + ".library",
        data = [install] + kwargs.pop("data", []),
        imports = [install + "/site-packages"],
        deps = deps,
        **(private | kwargs)
    )
    wheel_library(name = name, install = install, library = name + ".library", wheel = wheel, **common)
