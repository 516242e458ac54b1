"""The rule that builds an sdist, or a source tree, into a wheel."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")
load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("@rules_python//python:packaging.bzl", "PyWheelInfo")
load(":buildinfo.bzl", "BUILDINFO_ATTRS", "write_buildinfo")
load(":cc_params.bzl", "cc_toolchain_params", "native_params")
load(":installed_wheels.bzl", "installed_wheels", "installed_wheels_aspect")
load(":interpreter.bzl", "FINGERPRINT_ATTRS", "PY_TOOLCHAIN_TYPE", "find_interpreter", "run_helper")
load(":providers.bzl", "SdistWheelInfo", "ToolchainFingerprintsInfo")
load(":resource_sets.bzl", "CPUS", "MEMORY_PER_CPU_MB", "RESOURCE_SETS")
load(":wheel_name.bzl", "expand_tags", "sdist_identity", "wheel_file_name")

_DOC = """Builds a Python source distribution into a wheel whose bytes depend on declared inputs only.

The wheel has its real file name (PEP 427), is canonical (sorted, one time stamp, stored), and is the same on every
machine that has the same interpreter and C++ toolchain. The build runs as one action without a network.
"""

_UNCHECKED = ["*"]

_FIXED_ANSWERS = ["clock", "random"]

# Entries of `host_files` that are no paths: what a mapped build can't tell, see tools/build_wheel/audit.py.
_NOBODY_KNOWS = ("header of ", "library of ")

_NOT_ABSOLUTE = """\
{label}: `host_files` has absolute paths and globs of them, and {pattern} is none.
  Write it as it is called on the machines that build, such as "/usr/bin/make"."""

_UNKNOWN_FILE = """\
{label}: `host_files` names {pattern}, a file of the machine that Bazel does not know of{reason}. A cache could hand the wheels \
of another machine to this one.
  Where the file is there, name it in .bazelrc:
    common --repo_env=RULES_SDIST_HOST_FILES={listed}"""

_FIXED_VARIABLES = [
    "CARGO_BUILD_JOBS",
    "CMAKE_BUILD_PARALLEL_LEVEL",
    "GIT_CEILING_DIRECTORIES",
    "HOME",
    "LANG",
    "LC_ALL",
    "LOGNAME",
    "MAKEFLAGS",
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
    "SOURCE_DATE_EPOCH",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "VIRTUAL_ENV",
    "ZERO_AR_DATE",
    "_PYTHON_SYSCONFIGDATA_NAME",
]

# Computed from the attribute of that name: few targets need the library, and not every toolchain can make one.
def _preload_label(fixed):
    return Label("//tools/vary_build:preload") if fixed else None

_attrs = {
    "allow_compile_failures": attr.string_list(
        doc = "Globs of C and C++ files of the sdist that may fail to compile, for packages that can do without them.",
    ),
    "allow_no_native_code": attr.bool(
        doc = "Whether a wheel whose tags name a platform may have no native code in it: no shared object, program or static library.",
    ),
    "allow_unresolved": attr.string_list(
        doc = "Globs of symbols and of libraries (`libcuda.so.1`) that the wheel's native code needs, and that something else " +
              "gives it when it is loaded.",
    ),
    "build_requires": attr.label_list(
        doc = "Build requirements: wheels, or targets that make wheels. What they depend on (`deps`, `data`) comes along.",
        allow_files = [".whl"],
        aspects = [installed_wheels_aspect],
    ),
    "compression": attr.string(
        doc = "\"stored\": the same bytes with every zlib. \"deflated\": smaller, for wheels to publish.",
        default = "stored",
        values = ["deflated", "stored"],
    ),
    "config_settings": attr.string_dict(doc = "PEP 517 config settings for the backend."),
    "cpus": attr.int(
        doc = "Jobs the build may run at once; Bazel reserves as many CPUs.",
        default = 1,
        values = CPUS,
    ),
    "data": attr.label_list(doc = "Files for `$(execpath)` in `env`.", allow_files = True),
    "deps": attr.label_list(
        doc = "Wheels that this one needs at run time; they come along where it is a build requirement.",
        allow_files = [".whl"],
    ),
    "distribution": attr.string(doc = "The distribution's name; by default from the sdist's file name."),
    "env": attr.string_dict(
        doc = "Variables for the backend. `$(execpath LABEL)` is the absolute path of a file in `data` or `tools`. " +
              "The variables that make builds reproducible can't be set.",
    ),
    "fixed": attr.string_list(
        doc = "For packages that ask for these and can't be patched: \"clock\" gives each process a clock that starts at " +
              "`SOURCE_DATE_EPOCH`, \"random\" random numbers that repeat, in every program that is linked dynamically. " +
              "Needs a C++ toolchain, for the library that does it.",
    ),
    "from_lock": attr.bool(doc = "Set by the hubs of locks: errors then say that the lock's overrides are the place to write."),
    "host_files": attr.string_list(
        doc = "Files of the machine that the build may use (programs, headers, libraries): absolute paths and globs, each as " +
              "`--repo_env=RULES_SDIST_HOST_FILES` names it; one that ends with a slash stands for a folder. They are part of the key.",
    ),
    "leak_policy": attr.string(
        doc = "What to do when the wheel tells where or by whom it was built: \"error\", \"warn\" or \"off\".",
        default = "error",
        values = ["error", "off", "warn"],
    ),
    "max_unpacked_mb": attr.int(doc = "The size in MiB that the sdist may unpack to.", default = 4096),
    "memory_per_cpu_mb": attr.int(
        doc = "MiB of memory that Bazel reserves for each of `cpus` where the build runs on its own machine. " +
              "What a remote worker needs to have, `exec_properties` says.",
        default = 512,
        values = MEMORY_PER_CPU_MB,
    ),
    "native_deps": attr.label_list(
        doc = "C and C++ targets: their headers, defines and libraries are added to every compilation and link. " +
              "Shared libraries are put into the wheel.",
        providers = [CcInfo],
    ),
    "patch_strip": attr.int(doc = "Leading folders that the patches' file names lose, as in `patch -p`.", default = 1),
    "patches": attr.label_list(doc = "Unified diffs, applied in order.", allow_files = [".patch", ".diff"]),
    "requires_dist": attr.string_list(
        doc = "The wheel's dependencies (PEP 508), compared with its METADATA. Left out, they are not compared.",
        default = _UNCHECKED,
    ),
    "sbom": attr.bool(
        doc = "Whether the wheel gets a bill of the materials in `native_deps` (PEP 770, CycloneDX), as " +
              "`.dist-info/sboms/rules_sdist.cdx.json`.",
    ),
    "sdist": attr.label(doc = "The source archive: .tar.gz, .zip and their kin.", allow_single_file = True),
    "srcs": attr.label_list(doc = "Instead of `sdist`: the files of a source tree whose root is this package.", allow_files = True),
    "tools": attr.label_list(doc = "Programs the build finds on PATH.", cfg = "exec", allow_files = True),
    "version": attr.string(doc = "The version; by default from the sdist's file name."),
    "wheel_tags": attr.string(
        doc = "The wheel's tags (PEP 425). {python}, {abi} and {platform} stand for the toolchain's, so a wheel with " +
              "C extensions says \"{python}-{abi}-{platform}\".",
        default = "py3-none-any",
    ),
    "_aarch64": attr.label(default = "@platforms//cpu:aarch64"),
    "_helper": attr.label(default = "//tools:helper", allow_single_file = True),
    "_host_files": attr.label(default = "//python/settings:host_files"),
    "_keep_build_root": attr.label(default = "//python/settings:keep_build_root"),
    "_linux": attr.label(default = "@platforms//os:linux"),
    "_preload": attr.label(default = _preload_label, allow_files = True),
    "_x86_64": attr.label(default = "@platforms//cpu:x86_64"),
}

def _platform(ctx):
    def is_a(constraint):
        return ctx.target_platform_has_constraint(constraint[platform_common.ConstraintValueInfo])

    if not is_a(ctx.attr._linux):
        return ""
    for name, constraint in {"aarch64": ctx.attr._aarch64, "x86_64": ctx.attr._x86_64}.items():
        if is_a(constraint):
            return "linux_" + name
    return ""

def _identity(ctx):
    """Distribution and version, from the attributes or the sdist's file name."""
    distribution, version = sdist_identity(ctx.file.sdist.basename) if ctx.file.sdist else ("", "")
    distribution = ctx.attr.distribution or distribution
    version = ctx.attr.version or version
    if not distribution or not version:
        fail(("{}: the wheel's name needs to be known: write `distribution = \"...\"` and `version = \"...\"` " +
              "(only an sdist called NAME-VERSION.tar.gz or .zip tells them).").format(ctx.label))
    return distribution, version

def _source_tree(ctx):
    """(path, name in the source tree) of each file in `srcs`."""
    package = ctx.label.package + "/" if ctx.label.package else ""
    sources = []
    for file in ctx.files.srcs:
        name = file.short_path
        if name.startswith("../"):
            name = name.split("/", 2)[2]
        if not name.startswith(package):
            fail("{}: {} is not below this package, which is the root of the source tree.".format(ctx.label, file.short_path))
        sources.append((file.path, name.removeprefix(package)))
    return sources

def _env(ctx):
    for name in ctx.attr.env:
        if name in _FIXED_VARIABLES:
            fail("{}: `env` can't set {}: reproducible builds need the value that rules_sdist gives it. Remove it.".format(ctx.label, name))
    targets = ctx.attr.data + ctx.attr.tools
    return {
        name: ctx.expand_location(value.replace("$(execpath ", "${EXECROOT}/$(execpath "), targets)
        for name, value in ctx.attr.env.items()
    }

def _preload(ctx):
    """The library that fixes answers, where the target says so."""
    for name in ctx.attr.fixed:
        if name not in _FIXED_ANSWERS:
            fail("{}: `fixed` can't have {}: write {}.".format(ctx.label, repr(name), " or ".join([repr(known) for known in _FIXED_ANSWERS])))
    if not ctx.attr.fixed:
        return None
    if not ctx.files._preload:
        fail("{}: `fixed` needs a C++ toolchain for the target platform: register one in MODULE.bazel, or do without, with `patches`.".format(ctx.label))
    return ctx.files._preload[0]

def _host_files(ctx, known, problems):
    """The fingerprints of the files in `host_files`.

    Args:
        ctx: the rule's.
        known: dict of Files by pattern, or None where there need not be any.
        problems: dict of strings by pattern: why there is none.
    """
    paths = [pattern for pattern in ctx.attr.host_files if not pattern.startswith(_NOBODY_KNOWS)]
    for pattern in paths:
        if not pattern.startswith("/"):
            fail(_NOT_ABSOLUTE.format(label = ctx.label, pattern = repr(pattern)))
        if known != None and pattern not in known:
            reason = " ({})".format(problems[pattern]) if pattern in problems else ""
            fail(_UNKNOWN_FILE.format(label = ctx.label, pattern = pattern, reason = reason, listed = ":".join(known.keys() + [pattern])))
    return [known[pattern] for pattern in paths] if known != None else []

def _tools(ctx):
    """Paths of the programs in `tools`, by the names they get on PATH, and their inputs."""
    programs = {}
    for target in ctx.attr.tools:
        program = target[DefaultInfo].files_to_run.executable
        for file in [program] if program else target[DefaultInfo].files.to_list():
            programs[file.basename] = file.path
    return programs

def _runfiles(ctx):
    """The runfiles of the programs in `tools`, by their paths in the execution root."""
    found = {}
    for target in ctx.attr.tools:
        program = target[DefaultInfo].files_to_run.executable
        for file in target[DefaultInfo].default_runfiles.files.to_list() if program else []:
            name = file.short_path.removeprefix("../") if file.short_path.startswith("../") else "{}/{}".format(ctx.workspace_name, file.short_path)
            found["{}.runfiles/{}".format(program.path, name)] = file
    return found

def _impl(ctx):
    if bool(ctx.file.sdist) == bool(ctx.files.srcs):
        fail("{}: give either `sdist` or `srcs`.".format(ctx.label))
    distribution, version = _identity(ctx)
    interpreter = find_interpreter(ctx)
    tags, error = expand_tags(ctx.attr.wheel_tags, version = interpreter.version, platform = _platform(ctx))
    if error:
        fail("{}: {}".format(ctx.label, error))

    # A pure Python wheel must not change with the compiler.
    cc_toolchain = None if tags.endswith("-any") else find_cc_toolchain(ctx, mandatory = False)
    fingerprints = ctx.attr._fingerprints[ToolchainFingerprintsInfo]
    if fingerprints.isolation_error:
        fail(fingerprints.isolation_error)
    if cc_toolchain and fingerprints.compiler_error:
        fail(fingerprints.compiler_error)
    compiler_fingerprint = fingerprints.compiler if cc_toolchain else None
    host_file_fingerprints = _host_files(ctx, fingerprints.files, fingerprints.files_problems)
    runfiles = _runfiles(ctx)
    preload = _preload(ctx)
    native, native_inputs = native_params(ctx.attr.native_deps)
    installed = installed_wheels(ctx, ctx.attr.build_requires, ctx.file._helper)
    build_requires = installed.values()
    wheel = ctx.actions.declare_file(wheel_file_name(distribution, version, tags))
    host_files = ctx.actions.declare_file(ctx.label.name + ".host_files.json")
    params = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(params, json.encode({
        "allow_compile_failures": ctx.attr.allow_compile_failures,
        "allow_no_native_code": ctx.attr.allow_no_native_code,
        "allow_unresolved": ctx.attr.allow_unresolved,
        "build_requires": [tree.path for tree in build_requires],
        "build_root": "{}/{}.build".format(params.dirname, ctx.label.name),
        "cc": cc_toolchain_params(ctx, cc_toolchain) if cc_toolchain else None,
        "compression": ctx.attr.compression,
        "config_settings": ctx.attr.config_settings,
        "cpus": ctx.attr.cpus,
        "env": _env(ctx),
        "expected": {
            "distribution": distribution,
            "requires_dist": None if ctx.attr.requires_dist == _UNCHECKED else ctx.attr.requires_dist,
            "tags": tags,
            "version": version,
        },
        "fingerprints": {
            "base": [file.path for file in fingerprints.base],
            "compiler": compiler_fingerprint.path if compiler_fingerprint else None,
            "host_files": [file.path for file in host_file_fingerprints],
            "python": fingerprints.python.path if fingerprints.python else None,
        },
        "fixed": ctx.attr.fixed,
        "from_lock": ctx.attr.from_lock,
        "host_files": ctx.attr.host_files,
        "host_files_output": host_files.path,
        "host_files_policy": ctx.attr._host_files[BuildSettingInfo].value,
        "isolation": fingerprints.isolation,
        "keep_build_root": ctx.attr._keep_build_root[BuildSettingInfo].value,
        "label": str(ctx.label).removeprefix("@@"),
        "leak_policy": ctx.attr.leak_policy,
        "max_unpacked_bytes": ctx.attr.max_unpacked_mb << 20,
        "native": native,
        "output": wheel.path,
        "patch_strip": ctx.attr.patch_strip,
        "patches": [file.path for file in ctx.files.patches],
        "preload": preload.path if preload else None,
        "runfiles": {place: file.path for place, file in runfiles.items()},
        "sbom": ctx.attr.sbom,
        "sdist": ctx.file.sdist.path if ctx.file.sdist else None,
        "sources": _source_tree(ctx),
        "tools": _tools(ctx),
    }))
    recorded = depset(
        ctx.files.sdist + ctx.files.srcs + ctx.files.patches + ctx.files.data + ([preload] if preload else []),
        transitive = [native_inputs] + [target[DefaultInfo].files for target in ctx.attr.tools],
    )
    known = [file for file in [compiler_fingerprint, fingerprints.python] if file] + fingerprints.base + host_file_fingerprints
    inputs = depset(
        build_requires + known,
        transitive = [recorded] + ([cc_toolchain.all_files] if cc_toolchain else []),
    )
    tools = [target[DefaultInfo].files_to_run for target in ctx.attr.tools]
    run_helper(
        ctx,
        interpreter = interpreter,
        helper = ctx.file._helper,
        job = "build_wheel",
        params = params,
        inputs = inputs,
        list_inputs = depset(runfiles.values(), transitive = [depset([tool.executable for tool in tools if tool.executable])]),
        tools = tools,
        outputs = [wheel, host_files],
        mnemonic = "PySdistWheel",
        progress_message = "Building " + wheel.basename,
        resource_set = RESOURCE_SETS[ctx.attr.memory_per_cpu_mb][ctx.attr.cpus],
        execution_requirements = {"block-network": "1"},
    )

    buildinfo = write_buildinfo(
        ctx,
        interpreter = interpreter,
        helper = ctx.file._helper,
        params = params,
        wheel = wheel,
        host_files = host_files,
        build_requires = installed,
        inputs = recorded,
        runfiles = runfiles,
        fingerprints = known,
    )

    name_file = ctx.actions.declare_file(ctx.label.name + ".name")
    ctx.actions.write(name_file, wheel.basename)
    own_runfiles = ctx.runfiles([wheel]).merge_all([
        ctx.runfiles(transitive_files = dep[DefaultInfo].files).merge(dep[DefaultInfo].data_runfiles)
        for dep in ctx.attr.deps
    ])
    return [
        DefaultInfo(files = depset([wheel]), runfiles = own_runfiles),
        OutputGroupInfo(buildinfo = depset(buildinfo)),
        PyWheelInfo(wheel = wheel, name_file = name_file),
        SdistWheelInfo(
            helper = ctx.file._helper,
            inputs = inputs,
            interpreter = interpreter,
            label = ctx.label,
            params = params,
            tools = tools,
            tools_runfiles = [target[DefaultInfo].default_runfiles for target in ctx.attr.tools],
            wheel = wheel,
        ),
    ]

py_sdist_wheel = rule(
    implementation = _impl,
    doc = _DOC,
    attrs = FINGERPRINT_ATTRS | BUILDINFO_ATTRS | _attrs,
    fragments = ["cpp"],
    toolchains = [PY_TOOLCHAIN_TYPE] + use_cc_toolchain(mandatory = False),
)
