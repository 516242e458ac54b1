"""The command line of the jobs that build a wheel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_ETC = "--etc"


@dataclass(frozen=True)
class Command:
    """What a job is told beside its parameters: PARAMETERS [INPUTS] [--etc FOLDER].

    Args:
        parameters: the parameter file.
        inputs: a file that lists the action's inputs, one per line, folders with a slash at their end; None where the
            execution root holds nothing else.
        etc: a folder whose files a closed build finds in its /etc. For reproducibility tests, which change the clock
            and random numbers that way; no action has it, so that no flag of Bazel's can.
    """

    parameters: str
    inputs: str | None = None
    etc: str | None = None

    @classmethod
    def read(cls, arguments: Sequence[str]) -> Command:
        """Reads the arguments after the job's name.

        Raises:
            ValueError: they have another form.
        """
        words = list(arguments)
        etc = None
        if _ETC in words:
            place = words.index(_ETC)
            _, etc = words[place : place + 2]
            del words[place : place + 2]
        if not 1 <= len(words) <= 2:
            raise ValueError(f"expected PARAMETERS [INPUTS] [{_ETC} FOLDER], not {arguments}")
        return cls(words[0], words[1] if len(words) > 1 else None, etc)
