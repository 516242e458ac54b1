"""Runs a compiler or linker for the wrapper of an audited build, and has it tell what it opens.

    python auditor.pyc LOG REQUEST

Started for every object file of such a build, so it imports nothing that it can do without. Stands alone but for
those modules beside it.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(__file__))  # -I left it out

from build_wheel.cc.audit_log import add_entry
from build_wheel.cc.opened_headers import Headers
from build_wheel.cc.opened_libraries import Libraries

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Request = Mapping[str, Sequence[str]]

_ONLY_ANSWERS = frozenset({"-v", "-V", "--version", "--help"})


def _run(program: str, arguments: Sequence[str], environment: Mapping[str, str], stdin: str | None = None) -> int:
    actions = [(os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0)] if stdin else []
    pid = os.posix_spawn(program, [program, *arguments], environment, file_actions=actions)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return code if code >= 0 else 128 - code


def _compile(log: str, program: str, output: str, request: Request) -> int:
    """Runs a compiler, and has it and the linker tell what they opened."""
    words, sources = request["word"], request.get("source", ())
    headers = Headers(log, os.environ, words)
    text = headers.standard_input() if "-" in sources else None
    libraries = Libraries(log, words, driver=True) if "links" in request else None
    asking = [*headers.flags(program, sources), *(libraries.flags(program) if libraries else ())]
    code = _run(program, [*request["argument"], *asking], headers.environment, text)
    if code:
        headers.forget()
    else:
        headers.record(program, sources)
    if libraries and code:
        libraries.forget()
    elif libraries:
        libraries.record(output)
    return code


def _link(log: str, program: str, output: str, request: Request) -> int:
    """Runs the linker itself, and has it tell what it opened."""
    words = request["word"]
    libraries = Libraries(log, words, driver=False)
    links = not any(word in _ONLY_ANSWERS for word in words)
    code = _run(program, [*request["argument"], *(libraries.flags(program) if links else ())], os.environ)
    if links and not code:
        libraries.record(output)
    if request["role"] == ["other_ld"]:  # called by a name of its own: then it need not be the toolchain's
        add_entry(log, "program", [output], [program])
    return code


def main(log: str, file: str) -> int:
    """Does what one command of the wrapper asks for.

    Args:
        log: the log; what is needed for a moment is beside it.
        file: what to do, see `run_audited` in wrapper/main.c; it is gone afterwards.

    Returns:
        the exit code of the compiler or linker.
    """
    request: dict[str, list[str]] = {"argument": [], "word": []}
    with open(file, encoding="utf-8", errors="surrogateescape") as opened:
        fields = opened.read().split("\0")[:-2]
    os.unlink(file)
    for field in fields:
        key, _, value = field.partition("=")
        request.setdefault(key, []).append(value)
    (role,), (program,), (output,) = request["role"], request["program"], request["output"]
    run = _compile if role in ("cc", "c++") else _link
    return run(log, program, output, request)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
