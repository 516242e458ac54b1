"""Providers of what the interpreter and the compiler are."""

HostToolsInfo = provider(
    doc = "What the tools of this machine are.",
    fields = {
        "base": "File: the fingerprint of the base utilities that every closed build sees, or None.",
        "compilers": "dict of Files: fingerprints of compilers by their absolute paths.",
        "default_compiler": "string: the path of the one that Bazel's own C++ toolchain takes, or \"\".",
        "files": "dict of Files: fingerprints of other files, by the paths and globs that the user named.",
        "named": "list of Files: fingerprints of the tools that the user named.",
        "not_closed": "string: why builds can't be closed on this machine, or \"\".",
        "problems": "dict of strings: by path, why a tool has no fingerprint.",
        "programs": "dict of lists of strings: by the path of a compiler, all programs that its fingerprint lists.",
        "pythons": "dict of Files: fingerprints of interpreters by their absolute paths.",
    },
)

ToolchainFingerprintsInfo = provider(
    doc = "What the tools of the toolchains are.",
    fields = {
        "base": "list of Files: the fingerprints of what every build sees of this machine.",
        "compiler": "File: the fingerprint of the compiler, or None.",
        "compiler_error": "struct(what, where, fix), see `refuse`: why there is none, though there has to be one, or None.",
        "files": "dict of Files, or None: the fingerprints of files of the machine that builds may declare; None where none is needed.",
        "files_problems": "dict of strings: by path, why there is none.",
        "isolation": "string: \"closed\" or \"mapped\".",
        "isolation_error": "struct, as `compiler_error`: why builds can't be closed, though they have to be, or None.",
        "python": "File: the fingerprint of the interpreter, or None.",
        "python_error": "struct, as `compiler_error`, or None.",
    },
)
