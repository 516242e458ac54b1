"""What the interpreters and compilers of this machine are.

Bazel does not know the content of a tool that is no input of an action: a cache would hand one machine's wheel to
another machine that has another compiler. Here each such tool gets a fingerprint, a file that is an input.
"""

_PYTHONS = ["python3"] + ["python3.{}".format(minor) for minor in range(9, 20)]
_COMPILERS = ["cc", "gcc", "clang"] + ["gcc-{}".format(major) for major in range(9, 21)] + ["clang-{}".format(major) for major in range(11, 26)]

# Where toolchains look, whatever PATH is.
_FOLDERS = ["/usr/bin/", "/usr/local/bin/"]

_PROGRAM = ["__main__", "compiler", "content", "interpreter", "standard_headers"]

_BUILD = """\
load("{rule}", "host_tools")

host_tools(
    name = "host_tools",
    compilers = {compilers},
    default_compiler = {default},
    problems = {problems},
    pythons = {pythons},
    visibility = ["//visibility:public"],
)
"""

def _fingerprint(rctx, program, command, name):
    """Writes the fingerprint of one tool, and has Bazel watch what it is made of; returns why it can't be had, or ""."""
    read = name + ".files"
    done = rctx.execute(
        command[:1] + ["-I", "-S", "-B", program] + command[1:] + ["--output", name, "--list", read],
        environment = {"LC_ALL": "C.UTF-8", "LD_LIBRARY_PATH": "", "LD_PRELOAD": "", "PYTHONHASHSEED": "0"},
    )
    if done.return_code != 0:
        return (done.stderr.strip().splitlines() or ["exit code {}".format(done.return_code)])[-1]
    if hasattr(rctx, "watch"):
        for path in rctx.read(read).splitlines():
            rctx.watch(path)
    rctx.delete(read)
    return ""

def _found(rctx, names, own):
    """The tools with these names on PATH or in the usual places, and those of the user's own with such names, by path."""
    found = {}
    for name in names:
        path = rctx.which(name)
        for place in ([str(path)] if path else []) + [folder + name for folder in _FOLDERS if rctx.path(folder + name).exists]:
            found[place] = None
    for path in own:
        if path.split("/")[-1].startswith(tuple(names)) and rctx.path(path).exists:
            found[path] = None
    return found.keys()

def _impl(rctx):
    for name in _PROGRAM:  # so that a change of them is noticed
        program = str(rctx.path(Label("//tools/fingerprint:{}.py".format(name))).dirname)
    own = [path for path in rctx.os.environ.get("RULES_SDIST_HOST_TOOLS", "").split(":") if path.startswith("/")]
    compiler = rctx.os.environ.get("CC", "")
    if compiler and not compiler.startswith("/"):
        compiler = str(rctx.which(compiler) or "")
    own += [compiler] if compiler else []
    known = {}  # problems by tool, for names are often links to each other
    problems = {}

    def fingerprints(paths, command):
        """Paths, between colons, by their fingerprints."""
        found = {}
        for path in paths:
            real = str(rctx.path(path).realpath)
            name = real[1:].replace("/", "_") + ".json"
            if real not in known:
                known[real] = _fingerprint(rctx, program, command(path), name)
            if known[real]:
                problems[path] = known[real]
            else:
                found.setdefault(name, []).append(path)
        return {name: ":".join(paths) for name, paths in found.items()}

    candidates = _found(rctx, _PYTHONS, own)
    pythons = fingerprints(candidates, lambda path: [path, "python", path])
    compilers = {}
    if pythons:
        python = pythons.values()[0].split(":")[0]
        paths = _found(rctx, _COMPILERS, []) + [path for path in own if path not in candidates]
        compilers = fingerprints({path: None for path in paths}, lambda path: [python, "compiler", path])
    default = compiler or str(rctx.which("gcc") or "")
    rctx.file("BUILD.bazel", _BUILD.format(
        rule = Label("//python/private:host_tools.bzl"),
        compilers = repr(compilers),
        default = repr(default),
        problems = repr(problems),
        pythons = repr(pythons),
    ))

host_tools_repo = repository_rule(
    implementation = _impl,
    doc = "Fingerprints of this machine's interpreters and compilers: those on PATH, and of RULES_SDIST_HOST_TOOLS.",
    configure = True,
    # Not "PATH": what was fetched stays good in a shell with another one. `bazel fetch --configure` looks again.
    environ = ["CC", "RULES_SDIST_HOST_TOOLS"],
)
