"""What compilers read, as they tell it themselves. Part of `auditor`; stands alone as that.

Compilers are asked by variables and not by flags: those of the package, such as its own `-MD -MF`, keep their meaning,
several sources of one command add up, and no byte of an output changes. GCC lists what it read in the file that
`SUNPRO_DEPENDENCIES` names (https://gcc.gnu.org/onlinedocs/cpp/Environment-Variables.html), but not where the command
says itself what is to be listed; clang in `CC_PRINT_HEADERS_FILE`. GNU's assembler has the flag `--MD`. No list has
what `__has_include` asks for; that is found in the text, see `header_probes`.
"""

from __future__ import annotations

import os

from build_wheel.cc.audit_log import add_entry, answer, knows, taken

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
        assembled = taken(self._assembler)
        found = self._listed()
        if _ONLY_LISTS & set(arguments):
            taken(self._stdin)
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
        taken(self._stdin)

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
        text = answer(self._log, words, 2).partition("search starts here:\n")[2].partition("End of search list.")[0]
        return [line[1:] for line in text.splitlines() if line.startswith(" ")]

    def forget(self) -> None:
        """Removes what a command that failed has left."""
        self._listed()
        taken(self._assembler)
        taken(self._stdin)

    def _listed(self) -> list[str] | None:
        clang, gcc = taken(self._clang), taken(self._gcc)
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
