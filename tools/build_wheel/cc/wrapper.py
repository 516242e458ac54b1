"""Stands before the compiler, linker and archiver of a build, under every name a build system may call them by.

    python wrapper.pyc CONFIGURATION ROLE ARGUMENT...

ROLE is "cc", "c++", "ar", "ranlib" or "ld", or the path of another linker.

A wrapper, and not CFLAGS, because Makefiles, CMake and configure scripts may ignore or replace CFLAGS, because flags
such as `-D__DATE__="redacted"` then need no quoting, and because the prefix maps are not recorded as flags. Stands
alone but for `opened_files`: it is started for every object file, so it imports nothing that it can do without.
"""

from __future__ import annotations

import json
import os
import sys

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(__file__))  # -I left it out

from build_wheel.cc import opened_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

INNER = "RULES_SDIST_INNER"
"""The variable that what a compiler of ours starts finds set."""

_C_SOURCES = (".c", ".i", ".m")
_CXX_SOURCES = (".cc", ".cpp", ".cxx", ".c++", ".cp", ".C", ".CPP", ".ii", ".mm")
_ASSEMBLER_SOURCES = (".s", ".S", ".sx", ".asm")
_NO_LINK = frozenset({"-c", "-S", "-E", "-M", "-MM", "-fsyntax-only"})
_ONLY_ANSWERS = (
    "--version",
    "-dumpversion",
    "-dumpfullversion",
    "-dumpmachine",
    "-print-",
    "--print-",
    "--help",
    "-###",
)
_TAKES_VALUE = frozenset(
    [
        "-o",
        "-I",
        "-D",
        "-U",
        "-L",
        "-l",
        "-x",
        "-include",
        "-imacros",
        "-isystem",
        "-iquote",
        "-idirafter",
        "-iprefix",
        "-MF",
        "-MT",
        "-MQ",
        "-arch",
        "-target",
        "-Xlinker",
        "-Xpreprocessor",
        "-Xassembler",
        "-Xclang",
        "-T",
        "-u",
        "-z",
        "-B",
        "-aux-info",
        "--param",
        "--sysroot",
        "-framework",
        "-e",
        "-install_name",
    ]
)
_RECORDS_SWITCHES = frozenset(
    {"-frecord-gcc-switches", "-grecord-gcc-switches", "-frecord-command-line", "-grecord-command-line"}
)
_OWN_NAMES = "-fno-canonical-system-headers"
_NATIVE = ("march=native", "mtune=native", "mcpu=native")
_NATIVE_CPU = ("-target-cpu", "-tune-cpu")
_FLAG_FILES = ("-specs", "--specs", "--config")


class Command:
    """What one compiler command line does, as far as flags have to be added to it.

    Args:
        arguments: the command line without the program.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self.inputs: list[str] = []
        self.output = ""
        words = iter(_expanded(arguments))
        self.links = True
        self.shared = False
        for word in words:
            if word in _NO_LINK:
                self.links = False
            elif word in ("-shared", "-dynamiclib", "-bundle"):
                self.shared = True
            elif word == "-o":
                self.output = next(words, "")
            elif word in _TAKES_VALUE:
                next(words, "")
            elif word.startswith("-o") and not word.startswith("-object"):
                self.output = word[2:]
            elif not word.startswith("-") or word == "-":
                self.inputs.append(word)
        self.sources = [
            name
            for name in self.inputs
            if name == "-" or name.endswith((*_C_SOURCES, *_CXX_SOURCES, *_ASSEMBLER_SOURCES))
        ]
        self.compiles = bool(self.sources) or not self.links
        self.links = self.links and bool(self.inputs)

    def is_cxx(self, role: str) -> bool:
        """Whether the language is C++, by the program's name or a source's."""
        return role == "c++" or any(name.endswith(_CXX_SOURCES) for name in self.sources)


def _expanded(arguments: Sequence[str]) -> list[str]:
    """The arguments with response files (`@file`) read."""
    result: list[str] = []
    for word in arguments:
        if word.startswith("@") and os.path.isfile(word[1:]):
            import shlex

            with open(word[1:], encoding="utf-8", errors="surrogateescape") as file:
                result += _expanded(shlex.split(file.read()))
        else:
            result.append(word)
    return result


def compiler_arguments(arguments: Sequence[str], role: str, config: dict[str, Any]) -> list[str]:
    """The full command line of a compiler or of a link through the compiler.

    Args:
        arguments: what the build system asked for.
        role: "cc" or "c++".
        config: see `compilers.configuration`.

    Returns:
        arguments for the real compiler: the toolchain's flags first, so that the package's own can override them;
        the prefix maps last, for of several that match GCC applies the last one.
    """
    command = Command(arguments)
    cxx = command.is_cxx(role)
    language_is_given = any(word.startswith("-x") for word in arguments)
    result: list[str] = []
    if command.compiles:
        result += config["cxx_flags"] if cxx else config["c_flags"]
    for word in arguments:
        if word in _RECORDS_SWITCHES:
            continue
        if role == "c++" and not language_is_given and word.endswith(".c") and word in command.sources:
            result += ["-x", "c++", word, "-x", "none"]  # as g++ would: the real compiler may be plain gcc
        else:
            result.append(word)
    if command.compiles:
        result += config["include_flags"] + ["-gno-record-gcc-switches"]
    if command.links:
        result += config["library_flags"]
        result += config["shared_link_flags"] if command.shared else config["executable_link_flags"]
        result.append("-Wl,--build-id=none")
    if command.compiles or command.links:  # link-time optimization writes debug information, too
        result += config["prefix_maps"]
        result.append("-frandom-seed=" + _seed(command, config["root"]))
    return result


def _own_names(program: str, command: Command, config: dict[str, Any]) -> list[str]:
    """A flag with which GCC calls headers as it was told where they are.

    Else it may call an input by the place that a link leads to: another one on each machine, and none of the inputs.
    Bazel's own toolchains pass it; others don't, and clang neither does such a thing nor has the flag.
    """
    if not command.compiles or _OWN_NAMES in config["c_flags"]:
        return []
    line = [program, _OWN_NAMES, "-E", "-dM", "-x", "c", os.devnull]
    return [_OWN_NAMES] if opened_files.knows(config["log"], f"{program} names", line, "__GNUC__") else []


def _seed(command: Command, root: str) -> str:
    """What no other object file of the build has, and this one has in every build root: its path below that.

    Without its folders, two of one name would have the same sections for link-time optimization, on which GCC fails.
    """
    name = command.output or (command.sources or ["-"])[0]
    path = os.path.normpath(os.path.join(os.getcwd(), name))
    return path[len(root) + 1 :] if path.startswith(f"{root}/") else os.path.basename(path)


def native_flag(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The argument that has a compiler or linker ask which CPU this machine has, or "".

    Args:
        arguments: the command line, with response files read.
        environment: the command's.
    """
    words = [word for word in arguments if word not in ("-Xclang", "-Xlinker", "-Xassembler")]
    for position, word in enumerate(words):
        parts = word.split(",") if word.startswith(("-Wa,", "-Wl,", "-Wp,")) else [word]
        if any(part.lstrip("-").removeprefix("plugin-opt=").lstrip("-").startswith(_NATIVE) for part in parts):
            return word
        following = "".join(words[position + 1 : position + 2])
        if word in _NATIVE_CPU and following == "native":
            return f"{word} native"
        flag, equals, name = word.partition("=")
        name = name if equals else following
        if flag in _FLAG_FILES and _is_native_file(name):
            return f"{flag}={name}"
        if word.startswith("-B"):  # GCC reads specs from there, too
            folder = word[2:] or following
            if _is_native_file(f"{folder}specs") or _is_native_file(f"{folder}/specs"):
                return f"-B{folder}"
    override = environment.get("CCC_OVERRIDE_OPTIONS", "")  # clang's
    return "CCC_OVERRIDE_OPTIONS" if any(name in override for name in _NATIVE) else ""


def _is_native_file(name: str) -> bool:
    """Whether a file of flags or GCC's specs asks for the machine's CPU, whatever the command line says."""
    if not os.path.isfile(name):
        return False
    import re  # costs much, and such files are rare

    with open(name, encoding="utf-8", errors="surrogateescape") as file:
        text = file.read()
    # GCC's own specs say what to do if the command line has the flag.
    text = re.sub(r"%\{m(?:arch|tune|cpu)=native:(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}", "", text)
    included = re.findall(r"%include(?:_noerr)?\s+<([^>]+)>", text)
    return bool(re.search(r"-m(?:arch|tune|cpu)=native|local_cpu_detect", text)) or any(map(_is_native_file, included))


def archiver_arguments(arguments: Sequence[str]) -> list[str]:
    """The command line of `ar`, with times and owners left out (`D`), whatever it was asked for."""
    words = _expanded(arguments)
    position = 0
    while position < len(words) and words[position].startswith("--"):
        position += 2 if words[position] in ("--plugin", "--target", "--output") else 1
    groups = words[position:]
    # The operation is the first word, with or without a dash, or several words with one each: rcs, -rcs, -c -r.
    end = next((number for number, word in enumerate(groups) if not word.startswith("-")), len(groups)) or 1
    letters = "".join(word.lstrip("-") for word in groups[:end])
    if not set(letters) & set("rqsdm"):
        return words
    plain = letters.replace("U", "").replace("D", "")
    return [*words[:position], ("-" if groups[0].startswith("-") else "") + plain + "D", *groups[end:]]


def _run(
    program: str, arguments: Sequence[str], environment: Mapping[str, str] = os.environ, stdin: str | None = None
) -> int:
    actions = [(os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0)] if stdin else []
    pid = os.posix_spawn(program, [program, *arguments], environment, file_actions=actions)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _compile(program: str, command: Command, arguments: Sequence[str], log: str) -> int:
    """Runs a compiler, and has it and the linker tell what they opened, unless there is no `log` of that."""
    if not log:
        return _run(program, arguments)
    words = _expanded(arguments)
    headers = opened_files.Headers(log, os.environ, words)
    text = headers.standard_input() if "-" in command.sources else None
    libraries = opened_files.Libraries(log, words, driver=True) if command.links else None
    asking = [*headers.flags(program, command.sources), *(libraries.flags(program) if libraries else ())]
    code = _run(program, [*arguments, *asking], headers.environment, text)
    if code:
        headers.forget()
    else:
        headers.record(program, command.sources)
    if libraries and code:
        libraries.forget()
    elif libraries:
        libraries.record(command.output or "a.out")
    return code


def _link(program: str, arguments: Sequence[str], log: str, *, named: bool) -> int:
    """Runs the linker itself, and has it tell what it opened, unless there is no `log` of that.

    Args:
        program: the linker.
        arguments: what it is asked for.
        log: the log.
        named: whether it is called by a name of its own: then it need not be the toolchain's.
    """
    arguments = [*arguments, "--build-id=none"]
    if not log:
        return _run(program, arguments)
    words = _expanded(arguments)
    libraries = opened_files.Libraries(log, words, driver=False)
    links = not any(word in ("-v", "-V", "--version", "--help") for word in words)
    code = _run(program, [*arguments, *(libraries.flags(program) if links else ())])
    if links and not code:
        libraries.record(Command(words).output or "a.out")
    if named:
        opened_files.add_entry(log, "program", [Command(words).output or "a.out"], [program])
    return code


def _log(config: dict[str, Any], command: Command, code: int) -> None:
    """Adds one line to the log of compilations, from which a silently dropped extension is told (see `checks`)."""
    entry = {
        "sources": [os.path.abspath(name) for name in command.sources],
        "inputs": [os.path.abspath(name) for name in command.inputs],
        "output": os.path.abspath(command.output) if command.output else "",
        "shared": command.links and command.shared,
        "code": code,
    }
    line = (json.dumps(entry) + "\n").encode()
    try:
        log = os.open(config["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        written = os.write(log, line)  # one write: lines of parallel jobs don't mix
        os.close(log)
    except OSError:
        written = 0
    if written != len(line) and os.path.exists(config["complete"]):
        os.unlink(config["complete"])  # see `compilers.check_log`


def main(config_file: str, role: str, arguments: Sequence[str]) -> int:
    """Runs the real tool and returns its exit code."""
    with open(config_file, encoding="utf-8") as file:
        config = json.load(file)
    os.environ.update({**config["env"], INNER: "1"})
    is_linker = role == "ld" or role.startswith("/")
    native = native_flag(_expanded(arguments), os.environ) if is_linker or role in ("cc", "c++") else ""
    if native:
        print(
            f"rules_sdist: {native} makes the wheel depend on the CPU it was built on.\n"
            "  fix: switch it off in the package (its env, config_settings, or patches on the py_sdist_wheel).",
            file=sys.stderr,
        )
        return 1
    if role in ("cc", "c++"):
        program = config["programs"][role]
        if not program:
            print(f"rules_sdist: {config['no_compiler']}", file=sys.stderr)
            _log(config, Command(arguments), 127)
            return 127
        if any(word.startswith(_ONLY_ANSWERS) for word in arguments):
            return _run(program, arguments)
        command = Command(arguments)
        words = [*_own_names(program, command, config), *compiler_arguments(arguments, role, config)]
        code = _compile(program, command, words, config["audit"])
        if command.sources or command.shared:
            _log(config, command, code)
        return code
    program = role if role.startswith("/") else config["programs"][role]
    if role == "ar":
        return _run(program, archiver_arguments(arguments))
    if role == "ranlib":
        archives = [name for name in arguments if not name.startswith("-")]
        # One at a time: of several, `ar s` takes only the first. Without any, it is asked for its version.
        lines = [["sD", name] for name in archives] or [list(arguments)]
        return next(filter(None, (_run(config["programs"]["ar"], line) for line in lines)), 0)
    if is_linker:
        return _link(program, arguments, config["audit"], named=role != "ld")
    return _run(program, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
