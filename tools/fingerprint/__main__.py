"""Entry: `python3 tools/fingerprint KIND TOOL`; prints JSON.

Stands alone: it also runs while Bazel loads, from the sources.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[0] = str(Path(__file__).absolute().parents[1])

from fingerprint.base import base_fingerprint  # noqa: E402
from fingerprint.compiler import compiler_fingerprint  # noqa: E402
from fingerprint.content import Contents  # noqa: E402
from fingerprint.host_files import host_files_fingerprint  # noqa: E402
from fingerprint.interpreter import interpreter_fingerprint  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from fingerprint.facts import Fingerprint

_KINDS: dict[str, Callable[[str], Fingerprint]] = {
    "base": lambda _: base_fingerprint(),
    "compiler": compiler_fingerprint,
    "files": host_files_fingerprint,
    "python": interpreter_fingerprint,
}


def main(arguments: list[str]) -> int:
    """Writes a fingerprint.

    Returns:
        the exit code: 0, or 1 after a message on standard error.
    """
    options = _parser().parse_args(arguments)
    try:
        found = _KINDS[options.kind](options.tool)
        if options.input:
            known = [Contents.read(json.loads(file.read_text(encoding="utf-8"))) for file in options.known]
            found = found.as_input(_roots(options.tool), None if options.anything else known)
    except (OSError, ValueError) as error:
        print(f"fingerprint: {options.tool}: {error}", file=sys.stderr)
        return 1
    if options.output:
        options.output.write_text(found.text(), encoding="utf-8")
    else:
        sys.stdout.write(found.text())
    if options.watch:
        lines = "".join(f"{kind} {path}\n" for kind, path in found.contents.watched())
        options.watch.write_text(lines, encoding="utf-8", errors="surrogateescape")
    if options.state:
        options.state.write_text(found.contents.state(), encoding="ascii")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fingerprint", description="Says what a tool is.")
    parser.add_argument("kind", choices=sorted(_KINDS))
    parser.add_argument("tool", help="its path; of an interpreter, that which runs this; of files, a path or glob")
    parser.add_argument("--input", action="store_true", help="the tool is an input of the action that runs this")
    parser.add_argument("--known", type=Path, action="append", default=[], help="of what it may use besides")
    parser.add_argument("--anything", action="store_true", help="it may use anything of the machine")
    parser.add_argument("--output", type=Path, help="the file to write; by default standard output")
    parser.add_argument("--watch", type=Path, help="a file for what Bazel has to know, see `Contents.watched`")
    parser.add_argument("--state", type=Path, help="a file for `Contents.state`")
    return parser


def _roots(tool: str) -> list[str]:
    """Where the inputs of this action are: its working directory, and where the links in a sandbox lead to."""
    real, relative = os.path.realpath(tool), os.path.normpath(tool)
    linked = [real[: -len(relative) - 1]] if real.endswith("/" + relative) else []
    return [os.getcwd(), *linked] if not tool.startswith("/") else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
