"""Providers that stay inside rules_sdist."""

HostToolsInfo = provider(
    doc = "What the tools of this machine are.",
    fields = {
        "compilers": "dict of Files: fingerprints of compilers by their absolute paths.",
        "default_compiler": "string: the path of the one that Bazel's own C++ toolchain takes, or \"\".",
        "problems": "dict of strings: by path, why a tool has no fingerprint.",
        "pythons": "dict of Files: fingerprints of interpreters by their absolute paths.",
    },
)

InstalledWheelsInfo = provider(
    doc = "Wheels installed for use as build requirements, with all they depend on.",
    fields = {
        "installed": "depset of struct(wheel = File, tree = File): each wheel and the folder it is installed in.",
    },
)

SdistWheelInfo = provider(
    doc = "How a wheel is built, for building it again.",
    fields = {
        "helper": "File: the zip that the action runs.",
        "inputs": "depset of Files: what the action reads besides `helper`, `params` and the interpreter.",
        "interpreter": "struct, see `find_interpreter`.",
        "label": "Label of the wheel's target.",
        "params": "File: the action's parameters.",
        "tools": "list of FilesToRunProvider: the programs it runs.",
        "tools_runfiles": "list of runfiles: theirs.",
        "wheel": "File: the wheel.",
    },
)

ToolchainFingerprintsInfo = provider(
    doc = "What the tools of the toolchains are.",
    fields = {
        "compiler": "File: the fingerprint of the compiler, or None.",
        "compiler_error": "string: why there is none, though there has to be one, or \"\".",
        "python": "File: the fingerprint of the interpreter, or None.",
        "python_error": "string: why there is none, though there has to be one, or \"\".",
    },
)
