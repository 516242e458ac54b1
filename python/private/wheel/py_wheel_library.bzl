"""The macro that makes a wheel importable."""

load("@rules_python//python:py_library.bzl", "py_library")
load(":py_wheel_install.bzl", "py_wheel_install")

def py_wheel_library(name, *, wheel, deps = [], bytecode = False, visibility = None, tags = [], testonly = None, **kwargs):
    """Makes a `py_library` of any wheel, one of ours or a downloaded one.

    ```starlark
    py_wheel_library(
        name = "pyyaml",
        wheel = ":pyyaml_wheel",
    )
    ```

    Also makes `NAME.install`, the folder it is installed in (`site-packages`, `bin`, `data`, `include`), and
    `NAME.dist_info`, files of its .dist-info folder, for `py_console_script_binary`'s `entry_points_txt`.

    Args:
        name: name of the library.
        wheel: label of the wheel.
        deps: what it needs at run time: other `py_library` targets.
        bytecode: whether to compile its modules to unchecked-hash bytecode, which has no time in it.
        visibility: as usual.
        tags: as usual.
        testonly: as usual.
        **kwargs: passed on to `py_library`.
    """
    install = name + ".install"
    common = {"tags": tags, "testonly": testonly, "visibility": visibility}
    py_wheel_install(name = install, wheel = wheel, bytecode = bytecode, **common)
    native.filegroup(name = name + ".dist_info", srcs = [install], output_group = "dist_info", **common)

    # A folder in `srcs` would be dropped silently; in `data` it gets into the runfiles whole.
    py_library(
        name = name,
        data = [install] + kwargs.pop("data", []),
        imports = [install + "/site-packages"],
        deps = deps,
        **(common | kwargs)
    )
