"""The parameters that the action of one build of a wheel reads."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")
load("//python/private:errors.bzl", "refuse")
load("//python/private/toolchain:cc_params.bzl", "cc_toolchain_params")

UNCHECKED = ["*"]

_FIXED_VARIABLES = [
    "BUILD_PATH_PREFIX_MAP",
    "CARGO_BUILD_JOBS",
    "CARGO_HOME",
    "CARGO_INCREMENTAL",
    "CARGO_NET_OFFLINE",
    "CMAKE_BUILD_PARALLEL_LEVEL",
    "CONST_RANDOM_SEED",
    "GIT_CEILING_DIRECTORIES",
    "HOME",
    "LANG",
    "LC_ALL",
    "LOGNAME",
    "MAKEFLAGS",
    "MATURIN_NO_INSTALL_RUST",
    "MAX_JOBS",
    "NO_COLOR",
    "NPY_NUM_BUILD_JOBS",
    "PATH",
    "PIP_CONFIG_FILE",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_NO_INDEX",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHASHSEED",
    "PYTHONNOUSERSITE",
    "RULES_SDIST_CPUS",
    "RUSTC",
    "SOURCE_DATE_EPOCH",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "VIRTUAL_ENV",
    "ZERO_AR_DATE",
    "_PYTHON_SYSCONFIGDATA_NAME",
]

# What the action is given as it stands on the target.
_AS_WRITTEN = [
    "allow_compile_failures",
    "allow_host_files",
    "allow_no_native_code",
    "allow_unresolved",
    "compression",
    "config_settings",
    "cpus",
    "fixed",
    "leak_policy",
    "patch_strip",
    "sbom",
]

def _source_tree(ctx):
    """(path, name in the source tree) of each file in `srcs`."""
    package = ctx.label.package + "/" if ctx.label.package else ""
    sources = []
    for file in ctx.files.srcs:
        name = file.short_path
        if name.startswith("../"):
            name = name.split("/", 2)[2]
        if not name.startswith(package):
            refuse(
                "{}: {} is not below this package, which is the root of the source tree.".format(ctx.label, file.short_path),
                fix = "Put the py_sdist_wheel into the BUILD file of the source tree's root.",
                where = "`srcs` of {}".format(ctx.label),
            )
        sources.append((file.path, name.removeprefix(package)))
    return sources

def _env(ctx):
    for name in ctx.attr.env:
        if name in _FIXED_VARIABLES:
            refuse(
                "{}: `env` can't set {}: reproducible builds need the value that rules_sdist gives it.".format(ctx.label, name),
                fix = "Remove {} from it.".format(repr(name)),
                where = "`env` of {}".format(ctx.label),
            )
    targets = ctx.attr.data + ctx.attr.tools
    return {
        name: ctx.expand_location(value.replace("$(execpath ", "${EXECROOT}/$(execpath "), targets)
        for name, value in ctx.attr.env.items()
    }

def _tools(ctx):
    """Paths of the programs in `tools`, by the names they get on PATH, and their inputs."""
    programs = {}
    for target in ctx.attr.tools:
        program = target[DefaultInfo].files_to_run.executable
        for file in [program] if program else target[DefaultInfo].files.to_list():
            programs[file.basename] = file.path
    return programs

def _cc(ctx, build):
    """The C++ toolchain, with the program that stands before its compilers; None where the wheel has no native code."""
    if not build.cc_toolchain:
        return None
    return cc_toolchain_params(ctx, build.cc_toolchain) | {"wrapper": build.wrapper.path}

def _expected(ctx, build):
    """What the wheel has to be."""
    return {
        "distribution": build.distribution,
        "requires_dist": None if ctx.attr.requires_dist == UNCHECKED else ctx.attr.requires_dist,
        "tags": build.tags,
        "version": build.version,
    }

def _path(file):
    return file.path if file else None

def _fingerprints(found):
    """Where the fingerprints are."""
    return {
        "base": [file.path for file in found.base],
        "compiler": _path(found.compiler),
        "host_files": [file.path for file in found.host_files],
        "python": _path(found.python),
    }

def wheel_params(ctx, build, *, params, wheel, host_files):
    """The parameters of the action: see `BuildParams` in tools/build_wheel/params.py.

    Args:
        ctx: of `py_sdist_wheel`.
        build: see `wheel_build`.
        params: File, in which they are.
        wheel: File, the output.
        host_files: File, the other output.

    Returns:
        a dict, for JSON.
    """
    return {name: getattr(ctx.attr, name) for name in _AS_WRITTEN} | {
        "build_requires": [tree.path for tree in build.build_requires.values()],
        "build_root": "{}/{}.build".format(params.dirname, ctx.label.name),
        "cc": _cc(ctx, build),
        "env": _env(ctx),
        "expected": _expected(ctx, build),
        "fingerprints": _fingerprints(build.fingerprints),
        "from_lock": ctx.attr._from_lock,
        "host_files_output": host_files.path,
        "isolation": build.fingerprints.isolation,
        "keep_build_root": ctx.attr._keep_build_root[BuildSettingInfo].value,
        "label": str(ctx.label).removeprefix("@@"),
        "max_unpacked_bytes": ctx.attr.max_unpacked_mib << 20,
        "native": build.native,
        "output": wheel.path,
        "patches": [file.path for file in ctx.files.patches],
        "preload": _path(build.preload),
        "runfiles": {place: file.path for place, file in build.runfiles.items()},
        "rust": build.rust.params,
        "sdist": _path(ctx.file.sdist),
        "sources": _source_tree(ctx),
        "tools": _tools(ctx),
        "undeclared_host_files": ctx.attr._undeclared_host_files[BuildSettingInfo].value,
    }
