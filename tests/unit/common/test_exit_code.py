"""How a command ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from archives import TOOLS

from common.errors import FAILED, UserError, exit_code


def fails() -> int:
    raise UserError("It is broken.", where="here", fix="Mend it.")


def test_an_error_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(lambda: 7) == 7
    assert exit_code(fails) == FAILED
    assert capsys.readouterr().err == "\nERROR: It is broken.\n  where: here\n  fix:   Mend it.\n\n"


LOST = """
import os, signal, weakref
from common.errors import UserError, exit_code

class Watched:
    pass

def command():
    watched = Watched()
    reference = weakref.ref(watched, lambda _: os.kill(os.getpid(), signal.SIGINT))
    del watched  # what the callback raises is lost
    raise UserError("The connection was reset.", fix="Try again.")

raise SystemExit(exit_code(command))
"""


SEEN = LOST.replace("    raise UserError", "    os.kill(os.getpid(), signal.SIGINT)\n    raise UserError")


@pytest.mark.parametrize("program", [LOST, SEEN])
def test_an_interrupt_counts_also_where_python_loses_it(program: str) -> None:
    line = [sys.executable, "-c", program]
    done = subprocess.run(
        line,
        env={"PYTHONPATH": str(TOOLS)},
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert done.returncode == 130
    assert done.stderr.endswith("\nInterrupted.\n")


def test_a_command_in_the_background_heeds_no_interrupt() -> None:
    program = (
        "import os, signal\nfrom common.errors import exit_code\nexit_code(lambda: os.kill(os.getpid(), signal.SIGINT))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(TOOLS)},
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert done.returncode == 0
