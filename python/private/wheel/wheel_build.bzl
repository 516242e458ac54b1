"""What the rule finds out for one build of a wheel: its name, its toolchains, and what it uses of the machine."""

load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain")
load("//python/private:errors.bzl", "refuse", "refuse_target")
load("//python/private/toolchain:cc_params.bzl", "native_params")
load("//python/private/toolchain:providers.bzl", "ToolchainFingerprintsInfo")
load(":installed_wheels.bzl", "installed_wheels")
load(":rust_params.bzl", "rust_build")
load(":wheel_name.bzl", "expand_tags", "sdist_identity", "wheel_file_name")

_FIXED_ANSWERS = ["clock", "random"]

# Entries of `allow_host_files` that are no paths: what a mapped build can't tell, see tools/build_wheel/host_files/report.py.
_NOBODY_KNOWS = ("header of ", "library of ")

_UNKNOWN_FILE = """\
{label}: `allow_host_files` names {pattern}, a file of the machine that Bazel does not know of{reason}. A cache could hand the wheels \
of another machine to this one."""

def _platform(ctx):
    """The platform tag of the target platform, or "" where its CPU is not known."""

    def is_a(constraint):
        return ctx.target_platform_has_constraint(constraint[platform_common.ConstraintValueInfo])

    if not is_a(ctx.attr._linux):
        return ""
    for name, constraint in {"aarch64": ctx.attr._aarch64, "x86_64": ctx.attr._x86_64}.items():
        if is_a(constraint):
            return "linux_" + name
    return ""

def can_be_built(ctx):
    """Whether the target platform is one that wheels are built for; pure ones are for all.

    Args:
        ctx: of `py_sdist_wheel`.
    """
    linux = ctx.attr._linux[platform_common.ConstraintValueInfo]
    return ctx.attr.wheel_tags.endswith("-any") or ctx.target_platform_has_constraint(linux)

def identity(ctx):
    """What a `py_sdist_wheel` is of.

    Args:
        ctx: of it.

    Returns:
        (distribution, version), from the attributes or the sdist's file name.
    """
    distribution, version = sdist_identity(ctx.file.sdist.basename) if ctx.file.sdist else ("", "")
    distribution = ctx.attr.distribution or distribution
    version = ctx.attr.version or version
    if not distribution or not version:
        refuse(
            "{}: the wheel's name needs to be known, and only an sdist called NAME-VERSION.tar.gz or .zip tells it.".format(ctx.label),
            fix = "Write `distribution = \"...\"` and `version = \"...\"`.",
            where = "the attributes of {}".format(ctx.label),
        )
    return distribution, version

def _preload(ctx):
    """The library that fixes answers, where the target says so."""
    for name in ctx.attr.fixed:
        if name not in _FIXED_ANSWERS:
            refuse(
                "{}: `fixed` can't have {}.".format(ctx.label, repr(name)),
                fix = "Write {}.".format(" or ".join([repr(known) for known in _FIXED_ANSWERS])),
                where = "`fixed` of {}".format(ctx.label),
            )
    if not ctx.attr.fixed:
        return None
    if not ctx.files._preload:
        refuse(
            "{}: `fixed` needs a C++ toolchain for the target platform, and there is none.".format(ctx.label),
            fix = "Write register_toolchains(\"LABEL\"), of one, into MODULE.bazel, or do without, with `patches`.",
            where = "`fixed` of {}".format(ctx.label),
        )
    return ctx.files._preload[0]

def _wrapper(ctx, cc_toolchain):
    """The program that stands before the compilers, where there are some."""
    if not cc_toolchain:
        return None
    if not ctx.files._compiler_wrapper:
        refuse(
            ("{}: no C++ toolchain is registered for the execution platform, and that compiles the program that stands before " +
             "compilers.").format(ctx.label),
            fix = "Write register_toolchains(\"LABEL\"), of one, into MODULE.bazel, beside that for the target platform.",
            where = "the toolchains of MODULE.bazel",
        )
    return ctx.files._compiler_wrapper[0]

def _host_files(ctx, known, problems):
    """The fingerprints of the files in `allow_host_files`.

    Args:
        ctx: the rule's.
        known: dict of Files by pattern, or None where there need not be any.
        problems: dict of strings by pattern: why there is none.
    """
    paths = [pattern for pattern in ctx.attr.allow_host_files if not pattern.startswith(_NOBODY_KNOWS)]
    for pattern in paths:
        if not pattern.startswith("/"):
            refuse(
                "{}: `allow_host_files` has absolute paths and globs of them, and {} is none.".format(ctx.label, repr(pattern)),
                fix = "Write it as it is called on the machines that build, such as \"/usr/bin/make\".",
                where = "`allow_host_files` of {}".format(ctx.label),
            )
        if known != None and pattern not in known:
            reason, fix = "", "Name it in .bazelrc:\n    common --repo_env=RULES_SDIST_HOST_FILES=" + ":".join(known.keys() + [pattern])
            if pattern in problems:
                reason = " ({})".format(problems[pattern])
                fix = "Install it, or correct its path, here and in RULES_SDIST_HOST_FILES of .bazelrc."
            refuse(
                _UNKNOWN_FILE.format(label = ctx.label, pattern = pattern, reason = reason),
                fix = fix,
                where = "`allow_host_files` of {}".format(ctx.label),
            )
    return [known[pattern] for pattern in paths] if known != None else []

def _runfiles(ctx):
    """The runfiles of the programs in `tools`, by their paths in the execution root."""
    found = {}
    for target in ctx.attr.tools:
        program = target[DefaultInfo].files_to_run.executable
        for file in target[DefaultInfo].default_runfiles.files.to_list() if program else []:
            name = file.short_path.removeprefix("../") if file.short_path.startswith("../") else "{}/{}".format(ctx.workspace_name, file.short_path)
            found["{}.runfiles/{}".format(program.path, name)] = file
    return found

def _fingerprints(ctx, cc_toolchain):
    """The fingerprints of what a build uses of the machine, and how it is closed in."""
    found = ctx.attr._fingerprints[ToolchainFingerprintsInfo]
    for error in [found.isolation_error, found.compiler_error if cc_toolchain else None]:
        if error:
            refuse_target(ctx, error)
    compiler = found.compiler if cc_toolchain else None
    host_files = _host_files(ctx, found.files, found.files_problems)
    return struct(
        base = found.base,
        compiler = compiler,
        files = [file for file in [compiler, found.python] if file] + found.base + host_files,
        host_files = host_files,
        isolation = found.isolation,
        python = found.python,
    )

def _tags(ctx, interpreter):
    """The wheel's tags, written out."""
    tags, error = expand_tags(
        ctx.attr.wheel_tags,
        abi_flags = interpreter.abi_flags,
        platform = _platform(ctx),
        version = interpreter.version,
    )
    if error:
        refuse(
            "{}: {}".format(ctx.label, error),
            fix = "Write the tags out, perhaps with select(), such as \"cp313-cp313-linux_x86_64\", or \"py3-none-any\" for a pure wheel.",
            where = "`wheel_tags` of {}".format(ctx.label),
        )
    return tags

def wheel_build(ctx, interpreter):
    """What one build consists of.

    Args:
        ctx: of `py_sdist_wheel`.
        interpreter: see `find_interpreter`.

    Returns:
        struct(build_requires, cc_toolchain, distribution, file_name, fingerprints, native, native_inputs, preload, runfiles,
        rust, tags, version, wrapper): installed wheels by their files, the C++ toolchain or None, and so on.
    """
    distribution, version = identity(ctx)
    tags = _tags(ctx, interpreter)

    # A pure Python wheel must not change with the compiler.
    cc_toolchain = None if tags.endswith("-any") else find_cc_toolchain(ctx, mandatory = False)
    native, native_inputs = native_params(ctx.attr.native_deps)
    return struct(
        build_requires = installed_wheels(ctx, ctx.attr.build_requires, ctx.file._helper),
        cc_toolchain = cc_toolchain,
        distribution = distribution,
        file_name = wheel_file_name(distribution, version, tags),
        fingerprints = _fingerprints(ctx, cc_toolchain),
        native = native,
        native_inputs = native_inputs,
        preload = _preload(ctx),
        runfiles = _runfiles(ctx),
        rust = rust_build(ctx),
        tags = tags,
        version = version,
        wrapper = _wrapper(ctx, cc_toolchain),
    )
