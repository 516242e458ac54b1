"""Entry: `python3 tools/fingerprint python PATH` or `python3 tools/fingerprint compiler PATH`; prints JSON.

`--output FILE` writes to a file. `--list FILE` writes the absolute paths of the files that were read, one per line, for
Bazel to watch. Stands alone: it also runs while Bazel loads, from the sources.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).absolute().parents[1])

from fingerprint.compiler import compiler_fingerprint  # noqa: E402
from fingerprint.interpreter import interpreter_fingerprint  # noqa: E402


def main(arguments: list[str]) -> int:
    """Writes a fingerprint.

    Returns:
        the exit code: 0, or 1 after a message on standard error.
    """
    parser = argparse.ArgumentParser(prog="fingerprint", description="Says what an interpreter or a compiler is.")
    parser.add_argument("kind", choices=["compiler", "python"])
    parser.add_argument("tool", help="its path; the interpreter has to be the one that runs this")
    parser.add_argument("--output", type=Path, help="the file to write; by default standard output")
    parser.add_argument("--list", type=Path, help="a file for the names of the files that were read")
    options = parser.parse_args(arguments)
    try:
        found = (interpreter_fingerprint if options.kind == "python" else compiler_fingerprint)(options.tool)
    except (OSError, ValueError) as error:
        print(f"fingerprint: {options.tool}: {error}", file=sys.stderr)
        return 1
    if options.output:
        options.output.write_text(found.text(), encoding="utf-8")
    else:
        sys.stdout.write(found.text())
    if options.list:
        options.list.write_text("".join(f"{path}\n" for path in found.read), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
