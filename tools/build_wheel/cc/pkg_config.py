"""Answers as pkg-config does for the libraries of `native_deps`: a program of its own, without more than Python has.

usage: pkg_config.pyc FILE ARGUMENT...   FILE is what `install_pkg_config` has written.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

_OURS = "2.3.0"
_MODULE = re.compile(r"([^\s<>=!,]+)(?:\s*(!=|<=|>=|=|<|>)\s*([^\s,]+))?")
_COMPARED = {"--atleast-version": ">=", "--exact-version": "=", "--max-version": "<="}
_ONLY = {"--cflags-only-I": "-I", "--libs-only-L": "-L", "--libs-only-l": "-l"}
_WITH_VALUE = {*_COMPARED, "--atleast-pkgconfig-version", "--define-variable", "--variable", "--with-path"}


class Answers:
    """Answers for the modules of one build.

    Args:
        known: by module name: its "cflags" and "libs", lists, its "version" or "", and "variables".
    """

    def __init__(self, known: dict[str, dict[str, Any]]) -> None:
        self._known = known

    def knows(self, arguments: list[str]) -> bool:
        """Whether every module that is asked for is one of these."""
        names = [name for name, _, _ in _modules(arguments)]
        return all(name in self._known for name in names) and (bool(names) or _asks_for_itself(arguments))

    def answer(self, arguments: list[str]) -> tuple[int, str]:
        """The exit code, and what is printed to standard output, or after a failure to standard error."""
        options = dict(option.partition("=")[::2] for option in arguments if option.startswith("--"))
        if "--version" in options:
            return 0, _OURS
        if "--atleast-pkgconfig-version" in options:
            return 0, ""
        if "--list-all" in options:
            return 0, "\n".join(f"{name} {name} - a library of native_deps" for name in sorted(self._known))
        asked = _modules(arguments)
        for name, sign, version in asked:
            wanted = [(sign, version)] if sign else []
            wanted += [(_COMPARED[option], value) for option, value in options.items() if option in _COMPARED]
            for own_sign, own_version in wanted:
                if not self._known[name]["version"]:
                    return 1, _unknown(name)
                if not _holds(self._known[name]["version"], own_sign, own_version):
                    found = self._known[name]["version"]
                    return 1, f"Requested '{name} {own_sign} {own_version}' but version of {name} is {found}"
        return self._told(options, list(dict.fromkeys(name for name, _, _ in asked)))

    def _told(self, options: dict[str, str], names: list[str]) -> tuple[int, str]:
        if "--modversion" in options:
            unknown = [name for name in names if not self._known[name]["version"]]
            if unknown:
                return 1, _unknown(unknown[0])
            return 0, "\n".join(self._known[name]["version"] for name in names)
        if "--variable" in options:
            return 0, " ".join(self._known[name]["variables"].get(options["--variable"], "") for name in names)
        words: list[str] = []
        for kind in ("cflags", "libs"):
            flags = [flag for name in names for flag in self._known[name][kind]]
            chosen = [only for option, only in _ONLY.items() if option in options and option.startswith(f"--{kind}")]
            if f"--{kind}" in options:
                words += flags
            elif chosen:
                words += [flag for flag in flags if flag.startswith(tuple(chosen))]
            elif f"--{kind}-only-other" in options:
                words += [flag for flag in flags if not flag.startswith(tuple(_ONLY.values()))]
        return 0, " ".join(dict.fromkeys(words))


def _joined(arguments: list[str]) -> list[str]:
    """The arguments with each option's value in one word with it."""
    found, rest = [], iter(arguments)
    for word in rest:
        found.append(f"{word}={next(rest, '')}" if word in _WITH_VALUE else word)
    return found


def _modules(arguments: list[str]) -> list[tuple[str, str, str]]:
    text = " ".join(argument for argument in arguments if not argument.startswith("-"))
    return [(name, sign, version) for name, sign, version in _MODULE.findall(text)]


def _asks_for_itself(arguments: list[str]) -> bool:
    return any(word.startswith(("--version", "--atleast-pkgconfig-version", "--list-all")) for word in arguments)


def _unknown(name: str) -> str:
    return (
        f"rules_sdist: pkg-config was asked for the version of {name}, and nothing in `native_deps` tells it; say it:\n"
        f'    env = {{"{version_variable(name)}": "1.2.3"}},'
    )


def version_variable(name: str) -> str:
    """The variable in which a user can say a module's version."""
    return "PKG_CONFIG_VERSION_" + re.sub(r"\W", "_", name).upper()


def _holds(version: str, sign: str, wanted: str) -> bool:
    one, two = _key(version), _key(wanted)
    return {
        "=": one == two,
        "!=": one != two,
        "<": one < two,
        ">": one > two,
        "<=": one <= two,
        ">=": one >= two,
    }[sign]


def _key(version: str) -> list[tuple[int, int, str]]:
    """As RPM compares: numbers as numbers, and newer than letters."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.findall(r"\d+|[a-zA-Z]+", version)]


def main(arguments: list[str]) -> int:
    """Answers, or asks the next pkg-config on PATH for what is unknown here."""
    file, *asked = arguments
    words = _joined(asked)
    known = json.loads(Path(file).read_text(encoding="utf-8"))
    for name, told in known.items():
        told["version"] = os.environ.get(version_variable(name)) or told["version"]
    answers = Answers(known)
    if not answers.knows(words):
        other = _other(str(Path(file).parent))
        if other:
            os.execv(other, [other, *asked])
        names = [name for name, _, _ in _modules(words) if name not in known]
        for name in names:
            print(f"Package '{name}' was not found in the pkg-config search path", file=sys.stderr)
        return 1
    code, text = answers.answer(words)
    if text or (not code and "--exists" not in words):
        print(text, file=sys.stderr if code else sys.stdout)
    return code


def _other(own: str) -> str:
    """The next pkg-config on PATH, or ""."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        place = os.path.join(folder, "pkg-config")  # noqa: PTH118 - for speed
        if folder != own and os.access(place, os.X_OK):
            return place
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
