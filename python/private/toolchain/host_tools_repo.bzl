"""What the tools of this machine are, and whether builds can be closed on it.

Bazel does not know the content of a tool that is no input of an action: a cache would hand one machine's wheel to
another machine that has another compiler. Here each such tool gets a fingerprint, a file that is an input.
"""

_PYTHONS = ["python3"] + ["python3.{}".format(minor) for minor in range(9, 20)]
_COMPILERS = ["cc", "gcc", "clang"] + ["gcc-{}".format(major) for major in range(9, 21)] + ["clang-{}".format(major) for major in range(11, 26)]

# Where toolchains look, whatever PATH is.
_FOLDERS = ["/usr/bin/", "/usr/local/bin/"]

_FINGERPRINT = [
    "__main__",
    "base",
    "bytecode",
    "compiler",
    "content",
    "facts",
    "folders",
    "host_files",
    "interpreter",
    "listing",
    "programs",
    "remembered",
    "system_files",
]
_PROBE = [
    "common/linux/namespaces",
    "common/linux/seccomp",
    "isolation/closed_root",
    "isolation/fixed_machine",
    "isolation/probe",
]

_BUILD = """\
load("{rule}", "host_tools")

host_tools(
    name = "host_tools",
    base = {base},
    compilers = {compilers},
    default_compiler = {default},
    files = {files},
    named = {named},
    not_closed = {not_closed},
    problems = {problems},
    programs = {programs},
    pythons = {pythons},
    visibility = ["//visibility:public"],
)
"""

_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "LD_LIBRARY_PATH": "", "LD_PRELOAD": "", "PYTHONHASHSEED": "0"}

def _last_line(done):
    return (done.stderr.strip().splitlines() or ["exit code {}".format(done.return_code)])[-1]

def _watch(rctx, listed):
    """Has Bazel look again when something changes; returns the programs among what is listed."""
    programs = []
    for line in listed.splitlines():
        kind, _, path = line.partition(" ")
        if kind == "program":
            programs.append(path)
        elif kind == "tree":
            rctx.watch_tree(path)
        elif kind == "names":
            rctx.path(path).readdir(watch = "yes")
        else:
            rctx.watch(path)
    return programs

def _fingerprint(rctx, python, kind, tool, name):
    """Writes the fingerprint of one tool, and has Bazel watch what it is made of; returns (problem or "", programs)."""
    listed = name + ".watch"
    done = rctx.execute(
        [python, "-I", "-S", "-B", str(rctx.path(Label("//tools/fingerprint:__main__.py")).dirname), kind, tool] +
        ["--output", name, "--watch", listed, "--state", name + ".state"],
        environment = _ENVIRONMENT,
    )
    if done.return_code != 0:
        return _last_line(done), []
    programs = _watch(rctx, rctx.read(listed))
    rctx.delete(listed)
    return "", programs

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

def _listed(rctx, variable):
    """The absolute paths in a variable."""
    return [path for path in rctx.os.environ.get(variable, "").split(":") if path.startswith("/")]

def _look(rctx, kind, tools, interpreter = ""):
    """Fingerprints of tools.

    Args:
        rctx: the repository context.
        kind: of the fingerprint program.
        tools: their paths.
        interpreter: what runs the fingerprint program; by default the tool itself, which is one.

    Returns:
        struct(known, problems, programs): names of files, each with the paths of a tool; by path, why there is none;
        by path, the programs that come with a tool.
    """
    seen = {}  # (problem, programs) by tool, for names are often links to each other
    known = {}
    problems = {}
    programs = {}
    for tool in tools:
        plain = kind != "files" or "*" not in tool
        if plain and not rctx.path(tool).exists:
            rctx.watch(tool)  # it may be installed
            plain = False
        real = str(rctx.path(tool).realpath) if plain else tool
        name = "{}.{}.json".format(kind, real[1:].replace("/", "_").replace("*", "_"))
        if real not in seen:
            seen[real] = _fingerprint(rctx, interpreter or tool, kind, tool, name)
        problem, programs[tool] = seen[real]
        if problem:
            problems[tool] = problem
        else:
            known.setdefault(name, []).append(tool)
    return struct(known = known, problems = problems, programs = programs)

def _joined(known):
    return repr({name: ":".join(paths) for name, paths in known.items()})

def _why_not_closed(rctx, python):
    done = rctx.execute(
        [python, "-I", "-S", "-B", str(rctx.path(Label("//tools:isolation/probe.py")))],
        environment = _ENVIRONMENT,
    )
    return "" if done.return_code == 0 else _last_line(done)

def _impl(rctx):
    # So that a change of them is noticed.
    for name in _FINGERPRINT:
        rctx.path(Label("//tools/fingerprint:{}.py".format(name)))
    for name in _PROBE:
        rctx.path(Label("//tools:{}.py".format(name)))
    own = _listed(rctx, "RULES_SDIST_HOST_TOOLS")
    compiler = rctx.os.environ.get("CC", "")
    if compiler and not compiler.startswith("/"):
        compiler = str(rctx.which(compiler) or "")
    mine = own + ([compiler] if compiler else [])
    pythons = _look(rctx, "python", _found(rctx, _PYTHONS, mine))
    python = pythons.known.values()[0][0] if pythons.known else ""
    nothing = struct(known = {}, problems = {}, programs = {})
    compilers, base, files, others = nothing, nothing, nothing, nothing
    not_closed = "there is no Python on PATH to try it with"
    if python:
        not_python = [path for path in mine if path not in pythons.programs]
        candidates = {path: None for path in _found(rctx, _COMPILERS, []) + not_python if rctx.path(path).exists}
        compilers = _look(rctx, "compiler", candidates.keys(), python)
        base = _look(rctx, "base", ["/"], python)
        files = _look(rctx, "files", _listed(rctx, "RULES_SDIST_HOST_FILES"), python)
        others = _look(rctx, "files", [path for path in own if path in compilers.problems], python)
        not_closed = _why_not_closed(rctx, python)
    named = {}
    for found in (pythons, compilers, others):
        named.update({name: None for name, paths in found.known.items() if [path for path in paths if path in own]})
    rctx.file("BUILD.bazel", _BUILD.format(
        rule = Label("//python/private/toolchain:host_tools.bzl"),
        base = repr((base.known.keys() or [None])[0]),
        compilers = _joined(compilers.known),
        default = repr(compiler or str(rctx.which("gcc") or "")),
        files = _joined(files.known),
        named = repr(named.keys()),
        not_closed = repr(not_closed),
        problems = repr(pythons.problems | compilers.problems | files.problems | base.problems),
        programs = repr({path: programs for path, programs in compilers.programs.items() if programs}),
        pythons = _joined(pythons.known),
    ))

host_tools_repo = repository_rule(
    implementation = _impl,
    doc = "Fingerprints of this machine's interpreters and compilers: those on PATH, and of RULES_SDIST_HOST_TOOLS; of " +
          "the base utilities; and of the files that RULES_SDIST_HOST_FILES names.",
    configure = True,
    # Not "PATH": what was fetched stays good in a shell with another one. `bazel fetch --configure` looks again.
    environ = ["CC", "RULES_SDIST_HOST_FILES", "RULES_SDIST_HOST_TOOLS"],
)
