"""The one kind of error that a user of rules_sdist is meant to read, and how a program ends with one."""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType
    from typing import Callable

DIFFERENT, FAILED = 1, 2
"""Exit codes of all commands, as diff(1) has them: what was compared differs; nothing could be compared or made."""


_INTERRUPTED = 128 + signal.SIGINT


class UserError(Exception):
    """A failure whose message says what happened, where, and what to type next.

    Args:
        what: one sentence: what happened, with the expected and the found value where there are two.
        where: the file, archive member or attribute that it is about; "" if there is none.
        fix: what the user should do or type next.
    """

    def __init__(self, what: str, *, where: str = "", fix: str) -> None:
        super().__init__(what, where, fix)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        lines.append(f"  fix:   {self.fix}")
        return "\n".join(lines)


class CombinedError(UserError):
    """Several failures, each with its own message.

    Args:
        errors: two or more.
    """

    def __init__(self, errors: Sequence[UserError]) -> None:
        super().__init__(errors[0].what, where=errors[0].where, fix=errors[0].fix)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n\nERROR: ".join(map(str, self.errors))


@contextlib.contextmanager
def about(subject: str) -> Iterator[None]:
    """Errors from within name the subject, such as a file, where they do not yet."""
    try:
        yield
    except UserError as error:
        if subject in f"{error.what} {error.where}":
            raise
        where = f"{subject}: {error.where}" if error.where else subject
        raise UserError(error.what, where=where, fix=error.fix) from error


def show_error(error: UserError) -> None:
    """Prints an error, so that it is seen among what else is printed."""
    print(f"\nERROR: {error}\n", file=sys.stderr, flush=True)


def exit_code(command: Callable[[], int], *, failed: int = FAILED, interrupted: str = "Interrupted.") -> int:
    """Runs a command, and turns errors into messages.

    Args:
        command: returns its exit code.
        failed: the exit code after an error.
        interrupted: what is said after Ctrl-C.
    """
    heard: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, hear)
    try:
        return command()
    except UserError as error:
        if not heard:
            show_error(error)
            return failed
        # Python has lost the interrupt, in a callback; what fails then fails because of it.
    except KeyboardInterrupt:
        pass
    print(f"\n{interrupted}", file=sys.stderr)
    return _INTERRUPTED
