"""The rule that builds an sdist, or a source tree, into a wheel."""

load("@rules_cc//cc:find_cc_toolchain.bzl", "use_cc_toolchain")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("@rules_python//python:packaging.bzl", "PyWheelInfo")
load("//python/private:errors.bzl", "refuse", "refuse_when_built")
load("//python/private/rust:providers.bzl", "CrateInfo")
load("//python/private/toolchain:interpreter.bzl", "FINGERPRINT_ATTRS", "PY_TOOLCHAIN_TYPE", "find_interpreter", "run_helper")
load(":buildinfo.bzl", "BUILDINFO_ATTRS", "write_buildinfo")
load(":installed_wheels.bzl", "installed_wheels_aspect")
load(":providers.bzl", "SdistWheelInfo")
load(":resource_sets.bzl", "CPUS", "MEMORY_PER_CPU_MIB", "RESOURCE_SETS")
load(":wheel_build.bzl", "can_be_built", "identity", "wheel_build")
load(":wheel_name.bzl", "wheel_file_name")
load(":wheel_params.bzl", "UNCHECKED", "wheel_params")
load(":wheel_providers.bzl", "wheel_info", "with_wheels")

_DOC = """Builds a Python source distribution into a wheel whose bytes depend on declared inputs only.

The wheel has its real file name (PEP 427), is canonical (sorted, one time stamp, stored), and is the same on every
machine that has the same interpreter and C++ toolchain. The build runs as one action without a network.

```starlark
py_sdist_wheel(
    name = "pyyaml_wheel",
    sdist = "@pyyaml_sdist//:file",
    build_requires = ["@setuptools_wheel//:file"],
    wheel_tags = "{python}-{abi}-{platform}",
    native_deps = ["@libyaml//:yaml"],
)
```

The target's file is the wheel. Give `sdist` or `srcs`. The output group `buildinfo` has the build information and the
provenance.
"""

# Computed from the attribute of that name: few targets need the library, and not every toolchain can make one.
def _preload_label(fixed):
    return Label("//tools/reproducibility_test:preload") if fixed else None

# A pure Python wheel must not change with the compiler.
def _wrapper_label(wheel_tags):
    return None if wheel_tags.endswith("-any") else Label("//tools:compiler_wrapper")

# Who builds no Rust need not have one.
def _rust_label(rust):
    return Label("//python/settings:rust_toolchain") if rust else None

_attrs = {
    "allow_compile_failures": attr.string_list(
        doc = "Globs of C and C++ files of the sdist that may fail to compile, for packages that can do without them.",
    ),
    "allow_host_files": attr.string_list(
        doc = "Files of the machine that the build may use (programs, headers, libraries): absolute paths and globs, each as " +
              "`--repo_env=RULES_SDIST_HOST_FILES` names it; one that ends with a slash stands for a folder. They are part of the key.",
    ),
    "allow_no_native_code": attr.bool(
        doc = "Whether a wheel whose tags name a platform may have no native code in it: no shared object, program or static library.",
    ),
    "allow_prebuilt": attr.string_list(
        doc = "Globs of files in crates, `CRATE-VERSION/FILE`, that may be prebuilt although the setting `prebuilt_in_crates` refuses that.",
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
    "cargo_lock": attr.label(
        doc = "A Cargo.lock in the place of the sdist's own, or where that has none.",
        allow_single_file = [".lock"],
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
    "crates": attr.label_list(
        doc = "All crates in the sdist's Cargo.lock, as the `crate` tag of the extension and the hubs of locks bring them.",
        providers = [CrateInfo],
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
    "leak_policy": attr.string(
        doc = "What to do when the wheel tells where or by whom it was built: \"error\", \"warn\" or \"off\".",
        default = "error",
        values = ["error", "off", "warn"],
    ),
    "max_unpacked_mib": attr.int(doc = "The size in MiB that the sdist may unpack to.", default = 4096),
    "memory_per_cpu_mib": attr.int(
        doc = "MiB of memory that Bazel reserves for each of `cpus` where the build runs on its own machine. " +
              "What a remote worker needs to have, `exec_properties` says.",
        default = 512,
        values = MEMORY_PER_CPU_MIB,
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
        default = UNCHECKED,
    ),
    "rust": attr.bool(doc = "Whether the build gets cargo and rustc, those of the setting `rust_toolchain`. There is no network: it needs `crates`."),
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
    "_compiler_wrapper": attr.label(default = _wrapper_label, cfg = "exec", allow_files = True),
    "_helper": attr.label(default = "//tools:helper", allow_single_file = True),
    "_keep_build_root": attr.label(default = "//python/settings:keep_build_root"),
    "_linux": attr.label(default = "@platforms//os:linux"),
    "_prebuilt_in_crates": attr.label(default = "//python/settings:prebuilt_in_crates"),
    "_preload": attr.label(default = _preload_label, allow_files = True),
    "_rust_toolchain": attr.label(default = _rust_label, cfg = "exec"),
    "_undeclared_host_files": attr.label(default = "//python/settings:undeclared_host_files"),
    "_x86_64": attr.label(default = "@platforms//cpu:x86_64"),
}

def _inputs(ctx, build):
    """What the action reads: (all, those that build information tells by their hashes)."""
    recorded = depset(
        ctx.files.sdist + ctx.files.srcs + ctx.files.patches + ctx.files.data + ctx.files.cargo_lock + ([build.preload] if build.preload else []),
        transitive = [build.native_inputs] + [target[DefaultInfo].files for target in ctx.attr.tools],
    )
    toolchain = [build.cc_toolchain.all_files] if build.cc_toolchain else []
    wrapper = [build.wrapper] if build.wrapper else []
    return depset(build.build_requires.values() + build.fingerprints.files + wrapper, transitive = [recorded, build.rust.inputs] + toolchain), recorded

def _refused(ctx, interpreter):
    """What the target is on a system that no wheels with native code are built for: an error for who needs the wheel."""
    tags = ctx.attr.wheel_tags.replace("{python}", "py3").replace("{abi}", "none").replace("{platform}", "unsupported")
    wheel = ctx.actions.declare_file(wheel_file_name(tags = tags, *identity(ctx)))
    refuse_when_built(
        ctx,
        [wheel],
        "{}: wheels with native code are built for Linux only so far, and the target platform has another system.".format(ctx.label),
        fix = "Take a wheel from the index there, with select() or `lock --platform=TAG`, or build for Linux: --platforms=PLATFORM",
        where = "`wheel_tags` of {}: {}".format(ctx.label, repr(ctx.attr.wheel_tags)),
    )
    return _providers(ctx, interpreter, wheel, params = wheel, buildinfo = [wheel])

def _providers(ctx, interpreter, wheel, *, params, buildinfo, inputs = depset(), tools = []):
    return [
        DefaultInfo(files = depset([wheel]), runfiles = with_wheels(ctx, wheel, ctx.attr.deps)),
        OutputGroupInfo(buildinfo = depset(buildinfo)),
        wheel_info(ctx, wheel),
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

def _check_source(ctx):
    if bool(ctx.file.sdist) == bool(ctx.files.srcs):
        refuse(
            "{}: give either `sdist` or `srcs`.".format(ctx.label),
            fix = "A source archive is `sdist`, the files of a source tree are `srcs`.",
            where = "`sdist` and `srcs` of {}".format(ctx.label),
        )

def _outputs(ctx, build):
    """The wheel, what is found of undeclared files of the machine, and the parameters, which are written here."""
    wheel = ctx.actions.declare_file(build.file_name)
    host_files = ctx.actions.declare_file(ctx.label.name + ".host_files.json")
    params = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(params, json.encode(wheel_params(ctx, build, params = params, wheel = wheel, host_files = host_files)))
    return struct(host_files = host_files, params = params, wheel = wheel)

def _make_wheel(ctx, interpreter, build, outputs, *, inputs, tools):
    """Declares the action that builds the wheel."""
    run_helper(
        ctx,
        interpreter = interpreter,
        helper = ctx.file._helper,
        job = "build_wheel",
        params = outputs.params,
        inputs = inputs,
        list_inputs = depset(build.runfiles.values() + [tool.executable for tool in tools if tool.executable]),
        tools = tools,
        outputs = [outputs.wheel, outputs.host_files],
        mnemonic = "PySdistWheel",
        progress_message = "Building " + outputs.wheel.basename,
        resource_set = RESOURCE_SETS[ctx.attr.memory_per_cpu_mib][ctx.attr.cpus],
        execution_requirements = {"block-network": "1"},
    )

def _make_buildinfo(ctx, interpreter, build, outputs, *, recorded):
    """Declares the action that writes down what the wheel is built from; returns its outputs."""
    return write_buildinfo(
        ctx,
        interpreter = interpreter,
        helper = ctx.file._helper,
        params = outputs.params,
        wheel = outputs.wheel,
        host_files = outputs.host_files,
        build_requires = build.build_requires,
        inputs = recorded,
        runfiles = build.runfiles,
        fingerprints = build.fingerprints.files,
        rust = build.rust.toolchain,
    )

def _impl(ctx):
    _check_source(ctx)
    interpreter = find_interpreter(ctx)
    if not can_be_built(ctx):
        return _refused(ctx, interpreter)
    build = wheel_build(ctx, interpreter)
    outputs = _outputs(ctx, build)
    inputs, recorded = _inputs(ctx, build)
    tools = [target[DefaultInfo].files_to_run for target in ctx.attr.tools]
    _make_wheel(ctx, interpreter, build, outputs, inputs = inputs, tools = tools)
    buildinfo = _make_buildinfo(ctx, interpreter, build, outputs, recorded = recorded)
    return _providers(ctx, interpreter, outputs.wheel, params = outputs.params, buildinfo = buildinfo, inputs = inputs, tools = tools)

def sdist_wheel_rule(*, doc, from_lock):
    """Makes the rule.

    Args:
        doc: what Bazel says of it.
        from_lock: whether errors say that a lock's overrides are the place to write, for nobody can write on its targets.

    Returns:
        the rule.
    """
    return rule(
        implementation = _impl,
        doc = doc,
        provides = [PyWheelInfo],
        attrs = FINGERPRINT_ATTRS | BUILDINFO_ATTRS | _attrs | {"_from_lock": attr.bool(default = from_lock)},
        fragments = ["cpp"],
        toolchains = [PY_TOOLCHAIN_TYPE] + use_cc_toolchain(mandatory = False),
    )

py_sdist_wheel = sdist_wheel_rule(doc = _DOC, from_lock = False)
