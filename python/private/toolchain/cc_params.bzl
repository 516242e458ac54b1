"""What an action's parameters say of C and C++: the toolchain's tools and flags, and the native dependencies."""

load("@rules_cc//cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME", "CPP_LINK_DYNAMIC_LIBRARY_ACTION_NAME", "CPP_LINK_EXECUTABLE_ACTION_NAME", "CPP_LINK_STATIC_LIBRARY_ACTION_NAME", "C_COMPILE_ACTION_NAME")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")

def _features(ctx, cc_toolchain):
    return cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = cc_toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )

def _tool(features, action):
    return cc_common.get_tool_for_action(feature_configuration = features, action_name = action)

def c_compiler(ctx, cc_toolchain):
    """The path of the toolchain's C compiler, absolute or below the execution root.

    Args:
        ctx: of a rule with `fragments = ["cpp"]`.
        cc_toolchain: CcToolchainInfo.
    """
    return _tool(_features(ctx, cc_toolchain), C_COMPILE_ACTION_NAME)

def toolchain_programs(ctx, cc_toolchain):
    """The paths of all programs of the toolchain that builds may start.

    Args:
        ctx: of a rule with `fragments = ["cpp"]`.
        cc_toolchain: CcToolchainInfo.
    """
    params = cc_toolchain_params(ctx, cc_toolchain)
    own = [params[name] for name in ("archiver", "c_compiler", "cxx_compiler", "linker")]
    return [path for path in own + params["other_tools"].values() if path]

def _compile_variables(ctx, cc_toolchain, features, flags):
    return cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = cc_toolchain,
        user_compile_flags = ctx.fragments.cpp.copts + flags,
        use_pic = True,
    )

def _compile_flags(ctx, cc_toolchain, features, action, flags):
    """The command line of a compilation, with the user's own flags of one language."""
    return cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = action,
        variables = _compile_variables(ctx, cc_toolchain, features, flags),
    )

def _link_flags(ctx, cc_toolchain, features, action):
    """The command line of a link."""
    return cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = action,
        variables = cc_common.create_link_variables(
            feature_configuration = features,
            cc_toolchain = cc_toolchain,
            is_linking_dynamic_library = action == CPP_LINK_DYNAMIC_LIBRARY_ACTION_NAME,
            user_link_flags = ctx.fragments.cpp.linkopts,
        ),
    )

def _environment(ctx, cc_toolchain, features):
    """The variables that the compiler wants, but for those that each build has of its own."""
    variables = cc_common.get_environment_variables(
        feature_configuration = features,
        action_name = CPP_COMPILE_ACTION_NAME,
        variables = _compile_variables(ctx, cc_toolchain, features, []),
    )
    return {key: value for key, value in variables.items() if key not in ["PATH", "PWD"]}

def cc_toolchain_params(ctx, cc_toolchain):
    """The toolchain as the helper needs it.

    Args:
        ctx: of a rule with `fragments = ["cpp"]`.
        cc_toolchain: CcToolchainInfo.

    Returns:
        a dict, see `CcToolchain` in tools/build_wheel/params.py, without `wrapper`.
    """
    features = _features(ctx, cc_toolchain)
    cpp = ctx.fragments.cpp
    return {
        "archiver": _tool(features, CPP_LINK_STATIC_LIBRARY_ACTION_NAME),
        "c_compiler": _tool(features, C_COMPILE_ACTION_NAME),
        "c_flags": _compile_flags(ctx, cc_toolchain, features, C_COMPILE_ACTION_NAME, cpp.conlyopts),
        "cxx_compiler": _tool(features, CPP_COMPILE_ACTION_NAME),
        "cxx_flags": _compile_flags(ctx, cc_toolchain, features, CPP_COMPILE_ACTION_NAME, cpp.cxxopts),
        "env": _environment(ctx, cc_toolchain, features),
        "executable_link_flags": _link_flags(ctx, cc_toolchain, features, CPP_LINK_EXECUTABLE_ACTION_NAME),
        "linker": cc_toolchain.ld_executable,
        "other_tools": {
            "nm": cc_toolchain.nm_executable,
            "objcopy": cc_toolchain.objcopy_executable,
            "objdump": cc_toolchain.objdump_executable,
            "strip": cc_toolchain.strip_executable,
        },
        "shared_link_flags": _link_flags(ctx, cc_toolchain, features, CPP_LINK_DYNAMIC_LIBRARY_ACTION_NAME),
    }

def native_params(native_deps):
    """Headers, defines and libraries of C and C++ targets.

    Args:
        native_deps: list of targets with CcInfo.

    Returns:
        (dict, depset of Files): see `Native` in tools/build_wheel/params.py, and the inputs it names.
    """
    info = cc_common.merge_cc_infos(direct_cc_infos = [], cc_infos = [dep[CcInfo] for dep in native_deps])
    compilation = info.compilation_context
    libraries = []
    link_flags = []
    inputs = []
    for linker_input in info.linking_context.linker_inputs.to_list():
        link_flags += linker_input.user_link_flags
        inputs += linker_input.additional_inputs
        for library in linker_input.libraries:
            archive = library.pic_static_library or library.static_library
            file = archive or library.dynamic_library
            if file:
                libraries.append({"path": file.path, "shared": not archive, "whole": library.alwayslink and archive != None})
                inputs.append(file)
    params = {
        "defines": compilation.defines.to_list(),
        "includes": compilation.includes.to_list(),
        "libraries": libraries,
        "link_flags": link_flags,
        "quote_includes": compilation.quote_includes.to_list(),
        "system_includes": compilation.system_includes.to_list() + _external_includes(compilation),
    }
    return params, depset(inputs, transitive = [compilation.headers])

def _external_includes(compilation):
    """Include folders of other repositories, where the toolchain tells them apart (feature external_include_paths)."""
    includes = getattr(compilation, "external_includes", None)
    return includes.to_list() if includes else []
