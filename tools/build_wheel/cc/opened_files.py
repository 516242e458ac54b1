"""What compilers and linkers opened, as they tell it themselves. Part of `auditor`; stands alone as that.

Compilers are asked by variables and not by flags: those of the package, such as its own `-MD -MF`, keep their meaning,
several sources of one command add up, and no byte of an output changes. GCC lists what it read in the file that
`SUNPRO_DEPENDENCIES` names (https://gcc.gnu.org/onlinedocs/cpp/Environment-Variables.html), but not where the command
says itself what is to be listed; clang in `CC_PRINT_HEADERS_FILE`. Linkers have the flag `--dependency-file`, GNU's
assembler `--MD`. No list has what `__has_include` asks for; that is found in the text, see `header_probes`.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PREPROCESSED = (".i", ".ii", ".s")
_LISTS = frozenset({"-M", "-MD", "-MM", "-MMD", "-MG", "-MP"})
_LISTS_WITH_VALUE = ("-MF", "-MT", "-MQ", "-Wp,-M")
_WITHOUT_SYSTEM = ("-MM", "-Wp,-MM")
_ONE_MORE_WORD = ("-MF", "-MT", "-MQ")
_ONLY_LISTS = frozenset({"-M", "-MM"})
_DOES_NOT_ASSEMBLE = frozenset({"-S", "-E", "-fsyntax-only", *_ONLY_LISTS})
_CHOOSES_LINKER = ("-fuse-ld", "--ld-path", "-B", "--sysroot", "-m32", "-m64")


def add_entry(log: str, kind: str, by: Sequence[str], files: Sequence[str] | None) -> None:
    """Adds one line to the log that `audit` reads.

    Args:
        log: the file.
        kind: "header", "library" or "program".
        by: the sources that were compiled, or what was linked.
        files: what was opened, or None where nobody can say.
    """
    here = os.getcwd()
    absolute = None if files is None else list(dict.fromkeys(os.path.join(here, name) for name in files))
    entry = {"kind": kind, "by": [os.path.join(here, name) for name in by], "files": absolute}
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, (json.dumps(entry) + "\n").encode())  # one write: lines of parallel jobs don't mix
    os.close(descriptor)


class Headers:
    """The headers of one command of a compiler.

    Args:
        log: the log; what is needed for a moment is beside it.
        environment: the command's.
        arguments: the command's, with response files read.
    """

    def __init__(self, log: str, environment: Mapping[str, str], arguments: Sequence[str]) -> None:
        self._log = log
        self._gcc = f"{log}.{os.getpid()}.gcc"
        self._clang = f"{log}.{os.getpid()}.clang"
        self._assembler = f"{log}.{os.getpid()}.as"
        self._stdin = f"{log}.{os.getpid()}.stdin"
        self._root = os.path.dirname(os.path.dirname(log))
        self._arguments = arguments
        self._telling = {**environment, "CC_PRINT_HEADERS": "1", "CC_PRINT_HEADERS_FILE": self._clang}
        # GCC splits the variable at a blank. Below the build root, only the way from there has none for sure.
        place = os.path.relpath(self._gcc) if " " in self._gcc else self._gcc
        if " " not in place:
            self._telling["SUNPRO_DEPENDENCIES"] = place
        # With the variables, clang would list the system's headers for the package, too.
        self.environment = environment if any(word.startswith(_WITHOUT_SYSTEM) for word in arguments) else self._telling

    def standard_input(self) -> str:
        """Keeps the text that the compiler is to read, in a file that this returns, for another look at it."""
        with open(0, "rb", closefd=False) as given, open(self._stdin, "wb") as kept:
            kept.write(given.read())
        return self._stdin

    def flags(self, program: str, sources: Sequence[str]) -> list[str]:
        """What to add to the command, so that the assembler tells what `.incbin` and `.include` read.

        Args:
            program: the compiler.
            sources: what it compiles.
        """
        # Of several sources it would tell only the last one's, and objects for link-time optimization record the flag.
        if len(sources) != 1 or _DOES_NOT_ASSEMBLE & set(self._arguments):
            return []
        if any(word.startswith("-flto") for word in self._arguments):
            return []
        line = [program, "-Xassembler", "--help", "-c", "-x", "assembler", os.devnull, "-o", os.devnull]
        if not knows(self._log, program + " as", line, "--MD"):
            return []
        return [part for word in ("--MD", self._assembler) for part in ("-Xassembler", word)]

    def record(self, program: str, sources: Sequence[str]) -> None:
        """Writes down what the command, which went well, has read.

        Args:
            program: the compiler.
            sources: what it compiled.
        """
        arguments = self._arguments
        assembled = _taken(self._assembler)
        found = self._listed()
        if _ONLY_LISTS & set(arguments):
            _taken(self._stdin)
            return  # it compiled nothing
        if found is None:
            found = _own_list(arguments, sources)
        if found is None and sources and not all(map(_is_preprocessed, sources)):
            self._preprocess(program, arguments)
            found = self._listed()
        if found is not None:
            add_entry(self._log, "header", sources, found)
        elif not all(map(_is_preprocessed, sources)):
            add_entry(self._log, "header", sources, None)
        if assembled is not None:
            # The compiler's output for it is gone by now.
            own = [name for name in make_prerequisites(assembled) if name not in sources and os.path.exists(name)]
            if own:
                add_entry(self._log, "header", sources, own)
        self._read(program, sources, found or (), assembled is not None)
        _taken(self._stdin)

    def _read(self, program: str, sources: Sequence[str], found: Sequence[str], assembled: bool) -> None:
        """Looks through the build's own sources and headers for what no list has."""
        texts = {}
        for name in dict.fromkeys((*sources, *found)):
            if name == "-" or os.path.abspath(name).startswith(self._root + "/"):
                try:
                    with open(self._stdin if name == "-" else name, "rb") as opened:
                        texts[name] = opened.read()
                except OSError:
                    continue  # gone meanwhile
        silent = not assembled and not _DOES_NOT_ASSEMBLE & set(self._arguments)
        if silent and any(b"incbin" in text for text in texts.values()):
            add_entry(self._log, "header", sources, None)
        probing = {name: text for name, text in texts.items() if b"__has_include" in text}
        if probing:
            from build_wheel.cc import header_probes  # rare

            files = header_probes.probed(probing, self._searched(program))
            add_entry(self._log, "header", sources, files)

    def _searched(self, program: str) -> list[str]:
        """The folders in which the command searches headers."""
        words = [program, *_without_lists(self._arguments), "-E", "-v"]
        text = _answer(self._log, words, 2).partition("search starts here:\n")[2].partition("End of search list.")[0]
        return [line[1:] for line in text.splitlines() if line.startswith(" ")]

    def forget(self) -> None:
        """Removes what a command that failed has left."""
        self._listed()
        _taken(self._assembler)
        _taken(self._stdin)

    def _listed(self) -> list[str] | None:
        clang, gcc = _taken(self._clang), _taken(self._gcc)
        if clang is None and gcc is None:
            return None
        return (clang or "").splitlines() + make_prerequisites(gcc or "")

    def _preprocess(self, program: str, arguments: Sequence[str]) -> None:
        """Reads the sources once more, without the flags that say what else is to be listed."""
        words = [program, *_without_lists(arguments), "-E"]
        variables = {key: value for key, value in self._telling.items() if key != "DEPENDENCIES_OUTPUT"}
        text = self._stdin if os.path.exists(self._stdin) else os.devnull
        files = ((0, text, os.O_RDONLY), (1, os.devnull, os.O_WRONLY), (2, os.devnull, os.O_WRONLY))
        silent = [(os.POSIX_SPAWN_OPEN, number, name, how, 0) for number, name, how in files]
        os.waitpid(os.posix_spawn(program, words, variables, file_actions=silent), 0)


def _is_list(word: str) -> bool:
    return word in _LISTS or word.startswith(_LISTS_WITH_VALUE)


def _is_preprocessed(name: str) -> bool:
    return name.endswith(_PREPROCESSED)


def _taken(file: str) -> str | None:
    """A file's text, or None where there is none; it is gone afterwards."""
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            text = opened.read()
        os.unlink(file)
    except OSError:
        return None
    return text


def make_prerequisites(text: str) -> list[str]:
    """The prerequisites in rules as GCC and clang write them, with their escapes undone."""
    joined = text.replace("\\\n", " ")
    escaped = "\\" in joined or "$" in joined
    names = []
    for line in joined.splitlines():
        if not escaped:
            words = line.split()
            colon = next((number for number, word in enumerate(words) if word.endswith(":")), len(words))
            names += words[colon + 1 :]
            continue
        import re  # costs more than all else here, and such names are rare

        words = re.findall(r"(?:\\[ #\t]|\S)+", line)
        colon = next((number for number, word in enumerate(words) if word.endswith(":")), len(words))
        names += [re.sub(r"\\([ #\t])|\$(\$)", r"\1\2", word) for word in words[colon + 1 :]]
    return names


def _own_list(arguments: Sequence[str], sources: Sequence[str]) -> list[str] | None:
    """What the command has listed for the package, where that is complete and its place is plain."""
    flags = [word for word in arguments if _is_list(word)]
    if "-MD" not in flags or "-MMD" in flags or len(sources) != 1 or any(word.startswith("-Wp") for word in flags):
        return None
    place = _value(arguments, "-MF")
    if place and not os.path.isfile(place):
        return None
    if not place and "-c" in arguments:
        place = os.path.splitext(_value(arguments, "-o") or os.path.basename(sources[0]))[0] + ".d"
    try:
        with open(place, encoding="utf-8", errors="surrogateescape") as opened:
            names = make_prerequisites(opened.read())
    except OSError:
        return None
    return names if sources[0] in names else None  # else it is /dev/null, or another command's


def _value(arguments: Sequence[str], flag: str) -> str:
    found = ""
    for position, word in enumerate(arguments):
        if word == flag:
            found = "".join(arguments[position + 1 : position + 2])
        elif word.startswith(flag):
            found = word[len(flag) :]
    return found


def _without_lists(arguments: Sequence[str]) -> list[str]:
    words, result = iter(arguments), []
    for word in words:
        if word in _ONE_MORE_WORD or word == "-o":
            next(words, "")
        elif word not in ("-c", "-S") and not _is_list(word) and not word.startswith("-o"):
            result.append(word)
    return result


class Libraries:
    """The files of one link.

    Args:
        log: the log; what is needed for a moment is beside it.
        arguments: the command's, with response files read.
        driver: whether a compiler is asked to link; else the linker itself.
    """

    def __init__(self, log: str, arguments: Sequence[str], *, driver: bool) -> None:
        self._log = log
        self._driver = driver
        self._choice = [word for word in arguments if word.startswith(_CHOOSES_LINKER)] if driver else []
        self._own = _dependency_file(arguments)
        self._place = self._own or f"{log}.{os.getpid()}.ld"

    def flags(self, program: str) -> list[str]:
        """What to add to the command, so that the linker tells what it opens.

        Args:
            program: the compiler, or the linker.
        """
        if self._own or not self._can_tell(program):
            return []
        # One argument each: a comma in the path is no end of it.
        words = ["--dependency-file", self._place]
        return [part for word in words for part in ("-Xlinker", word)] if self._driver else words

    def record(self, output: str) -> None:
        """Writes down what the link, which went well, has opened."""
        try:
            with open(self._place, encoding="utf-8", errors="surrogateescape") as opened:
                text = opened.read()
        except OSError:
            add_entry(self._log, "library", [output], None)
            return
        if not self._own:
            os.unlink(self._place)
        # The rule of the output comes first. Not every linker escapes names, but each has a line of its own.
        lines = text.split("\n\n")[0].split("\\\n")[1:]
        names = [line.strip().replace("\\ ", " ") for line in lines]
        found = [name for name in names if name]
        add_entry(self._log, "library", [output], found or None)  # nothing is linked from nothing

    def forget(self) -> None:
        """Removes what a link that failed has left."""
        if not self._own and os.path.exists(self._place):
            os.unlink(self._place)

    def _can_tell(self, program: str) -> bool:
        """Whether the linker has the flag."""
        line = [program, *self._choice, "-Wl,--help"] if self._driver else [program, "--help"]
        return knows(self._log, " ".join([program, *self._choice]), line, "--dependency-file")


def knows(log: str, tool: str, line: Sequence[str], flag: str) -> bool:
    """Whether a tool has a flag; it is asked once in a build.

    Args:
        log: the log; the answers are beside it.
        tool: a name for the tool.
        line: the command that prints its help.
        flag: what to look for there.
    """
    known = f"{log}.answers"
    try:
        with open(known, encoding="utf-8") as opened:
            answers = dict(line.rstrip("\n").rsplit("\t", 1) for line in opened)
    except OSError:
        answers = {}
    if tool not in answers:
        answers[tool] = "yes" if flag in _answer(log, line, 1) else "no"
        descriptor = os.open(known, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.write(descriptor, f"{tool}\t{answers[tool]}\n".encode())
        os.close(descriptor)
    return answers[tool] == "yes"


def _answer(log: str, line: Sequence[str], stream: int) -> str:
    """What a command prints; without subprocess, which takes long to import.

    Args:
        log: the log; the answer is beside it for a moment.
        line: the command.
        stream: 1 for its standard output, 2 for its standard error.
    """
    place = f"{log}.{os.getpid()}.answer"
    silent = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 3 - stream)]
    actions = [*silent, (os.POSIX_SPAWN_OPEN, stream, place, os.O_WRONLY | os.O_CREAT, 0o644)]
    os.waitpid(os.posix_spawn(line[0], [*line], {**os.environ, "LC_ALL": "C.UTF-8"}, file_actions=actions), 0)
    return _taken(place) or ""


def _dependency_file(arguments: Sequence[str]) -> str:
    """The file that the command itself wants the linker to write, or ""."""
    words: list[str] = []
    for word in arguments:
        words += word[len("-Wl,") :].split(",") if word.startswith("-Wl,") else [word]
    words = [word for word in words if word != "-Xlinker"]
    place = ""
    for position, word in enumerate(words):
        if word.startswith(("--dependency-file=", "-dependency-file=")):
            place = word.partition("=")[2]
        if word in ("--dependency-file", "-dependency-file"):
            place = "".join(words[position + 1 : position + 2])
    return "" if place == os.devnull else place  # of two, linkers write the last one
