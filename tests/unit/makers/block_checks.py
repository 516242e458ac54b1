"""What can be found out about a code block without running it: does it parse, and is there what it names?"""

from __future__ import annotations

import argparse
import ast
import json
import re
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, NoReturn

import pytest
from code_blocks import REPO

from common.errors import UserError
from common.toml import TomlError, parse_toml
from init.command import init
from lock.command import lock
from lock.overrides import read_overrides
from rebuild.command import rebuild
from reproducibility_report.command import reproducibility_report
from verify_wheels.command import verify_wheels
from wheel_diff.command import wheel_diff
from wheel_hashes.command import wheel_hashes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from code_blocks import Block

COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "init": init,
    "lock": lock,
    "rebuild": rebuild,
    "reproducibility_report": reproducibility_report,
    "verify_wheels": verify_wheels,
    "wheel_diff": wheel_diff,
    "wheel_hashes": wheel_hashes,
}
_PARSE = argparse.ArgumentParser.parse_known_args
# Those that Bazel gives every rule.
_COMMON = {"exec_properties", "size", "tags", "target_compatible_with", "testonly", "timeout", "visibility"}
_LABEL = re.compile(r"(?<![\w/])@rules_sdist//([\w/.]*)(?::([\w.]+))?(?:=(\w+))?")


class _ParsedError(Exception):
    """The command line is understood; the command stops here."""


def wrong_in(block: Block) -> list[str]:
    """What is wrong in a block; nothing where its language is one that nobody checks."""
    check = CHECKS.get(block.language)
    return [*(check(block.text) if check else []), *wrong_labels(block.text)]


def wrong_labels(text: str) -> list[str]:
    """The labels of rules_sdist in a text that are not there, and values that its settings do not have."""
    found = []
    for match in _LABEL.finditer(text):
        package, target, value = match.groups()
        target = target or Path(package).name
        build = REPO / package / "BUILD.bazel"
        source = build.read_text(encoding="utf-8") if build.is_file() else ""
        macro = target == "program" and "python_program(" in source
        there = f'name = "{target}"' in source or macro or (source and (REPO / package / target).is_file())
        if not there and target not in ("NAME", "settings"):
            found.append(f"there is no {match[0]}")
        elif value and value.islower() and package == "python/settings" and there:
            rule = source.partition(f'name = "{target}"')[2].partition("\n)\n")[0]
            values = re.findall(r'"(\w+)",', rule.partition("values = [")[2])
            if values and value not in values:
                found.append(f"{target} can't be {value}")
    return found


def _python(text: str) -> list[str]:
    try:
        ast.parse(text)
    except SyntaxError as error:
        return [f"line {error.lineno}: {error.msg}"]
    return []


def _toml(text: str) -> list[str]:
    try:
        table = parse_toml(text)
        if not {"constraints", "distributions"} & table.keys():
            return []
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "sdists.toml"
            place.write_text(text, encoding="utf-8")
            for said in table.get("distributions", {}).values():
                for patch in said.get("patches", []):
                    (place.parent / patch).parent.mkdir(exist_ok=True)
                    (place.parent / patch).touch()
            read_overrides(place)
    except (TomlError, UserError) as error:
        return [str(error)]
    return []


def _json(text: str) -> list[str]:
    try:
        json.loads(text)
    except ValueError as error:
        return [str(error)]
    return []


def attributes() -> dict[str, tuple[set[str], set[str]]]:
    """The attributes of each rule, macro and tag, and those that have to be given, as the API's page has them."""
    page = (REPO / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    known = {}
    for section in re.split(r"^##+ ", page, flags=re.MULTILINE)[1:]:
        rows = re.findall(r"^\| `(\w+)` \|(.*)", section, re.MULTILINE)
        if re.search(r"^\| (?:attribute|parameter) \|", section, re.MULTILINE):
            required = {name for name, rest in rows if "| required |" in f"|{rest}"}
            known[section.split("\n")[0]] = ({name for name, _ in rows}, required)
    return known


def _starlark(text: str) -> list[str]:
    wrong = _python(text)
    if wrong:
        return wrong
    known = attributes()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        called, given = ast.unparse(node.func), {item.arg for item in node.keywords if item.arg}
        if called in known:
            names, required = known[called]
            wrong += [f"{called} has no {name}" for name in sorted(given - names - _COMMON)]
            wrong += [f"{called} needs {name}" for name in sorted(required - given)]
        elif called == "load":
            wrong += _wrong_load([ast.literal_eval(item) for item in node.args])
    return wrong


def _wrong_load(arguments: list[Any]) -> list[str]:
    file, *symbols = arguments
    if file != "@rules_sdist//python:defs.bzl":
        return []
    defined = (REPO / "python" / "defs.bzl").read_text(encoding="utf-8")
    return [f"{file} has no {name}" for name in symbols if not re.search(rf"^{name} = ", defined, re.MULTILINE)]


def _shell(text: str) -> list[str]:
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        return [done.stderr.strip()]
    wrong, folder = [], REPO
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;<>")
        lexer.whitespace_split = True
        command: list[str] = []
        for word in [*lexer, ";"]:
            if not re.fullmatch("[&|;<>]+", word):
                command.append(word)
                continue
            if command[:1] == ["cd"]:
                folder = folder / command[1]
                wrong += [] if folder.is_dir() else [f"there is no folder {command[1]}"]
            elif command:
                wrong += _wrong_command(command, folder)
            command = []
    return wrong


def _wrong_command(command: list[str], folder: Path) -> list[str]:
    """A file or a target of this repository that is not there, or an option that is unknown."""
    while re.match(r"\w+=", command[0]):
        command = command[1:]
    program = command[0]
    wrong = []
    if program.startswith(("tests/", "./", "../../")) and not (folder / program).is_file():
        wrong.append(f"there is no {program}")
    wrong += [f"there is no {word}" for word in command[1:] if word.startswith("tests/") and not (REPO / word).exists()]
    if folder != REPO and "//" in " ".join(command):
        wrong += _wrong_targets(command, folder)
    tool, arguments = _tool(command)
    if tool in COMMANDS:
        wrong += [f"{tool}: {said}" for said in wrong_options(tool, arguments)]
    elif tool:
        wrong.append(f"there is no command {tool}")
    return wrong


def _wrong_targets(command: list[str], workspace: Path) -> list[str]:
    """The targets of an example that are not there."""
    wrong = []
    for word in command:
        match = re.fullmatch(r"//([\w/]*):(\w+)", word)
        build = workspace / match[1] / "BUILD.bazel" if match else None
        if match and not (build and build.is_file() and f'name = "{match[2]}"' in build.read_text(encoding="utf-8")):
            wrong.append(f"{workspace.name} has no {word}")
    return wrong


def _tool(command: list[str]) -> tuple[str, list[str]]:
    """The command of tools/ that is started, and its arguments; ("", []) where it is something else."""
    for number, word in enumerate(command):
        started = re.fullmatch(r"(?:@rules_sdist)?//tools/(\w+)", word)
        if started and command[number - 1] == "run":
            rest = command[number + 1 :]
            return started[1], rest[1:] if rest[:1] == ["--"] else rest
    script = re.fullmatch(r"(?:tools/(\w+)|(\w+)\.zip)", command[1]) if command[0] == "python3" else None
    return (script[1] or script[2], command[2:]) if script else ("", [])


def wrong_options(tool: str, arguments: list[str]) -> list[str]:
    """What the command's own parser says of a command line."""
    said: list[str] = []

    def parse(self: argparse.ArgumentParser, args: Any = None, namespace: Any = None) -> NoReturn:
        found, rest = _PARSE(self, args, namespace)
        if rest and tool == "init":  # it hands the others to lock, with the files that it has found
            said.extend(wrong_options("lock", ["requirements.txt", "-o", "sdists.lock.json", *rest]))
        elif rest:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        elif tool == "lock" and not found.output and any(not name.endswith(".lock.json") for name in found.inputs):
            self.error("-o LOCK is missing")
        raise _ParsedError

    def error(_: argparse.ArgumentParser, message: str) -> NoReturn:
        said.append(message)
        raise _ParsedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_known_args", parse)
        patch.setattr(argparse.ArgumentParser, "error", error)
        with pytest.raises(_ParsedError):
            COMMANDS[tool](arguments)
    return said


def _bazelrc(text: str) -> list[str]:
    wrong = []
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if words and not re.fullmatch(r"(?:build|common|fetch|query|run|startup|test)(?::\w+)?", words[0]):
            wrong.append(f"{words[0]!r} is no command of Bazel")
        wrong += [f"{word!r} is no option" for word in words[1:] if not word.startswith("--")]
    return wrong


CHECKS: dict[str, Callable[[str], list[str]]] = {
    "bazelrc": _bazelrc,
    "json": _json,
    "python": _python,
    "sh": _shell,
    "starlark": _starlark,
    "toml": _toml,
}
