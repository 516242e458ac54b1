"""What Starlark tells a reproducibility test: one JSON file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class VaryParams:
    """The parameters of one test; all paths but `inputs` are those of the wheel's action, below its execution root.

    Args:
        label: the wheel's target.
        inputs: the folder of the runfiles that holds the action's inputs, laid out as in its execution root.
        interpreter: the action's interpreter: below the execution root, or absolute for the host's.
        helper: the zip that builds wheels.
        build_params: the parameter file of the wheel's action.
        wheel: the wheel that Bazel built.
        listed: the action's inputs; folders end with a slash.
        programs: programs among the inputs that look for their runfiles beside them.
        preload: the library that changes the clock, or "" where there is no C++ toolchain to compile it.
        without: the variations that are switched off.
    """

    label: str
    inputs: str
    interpreter: str
    helper: str
    build_params: str
    wheel: str
    listed: tuple[str, ...]
    programs: tuple[str, ...]
    preload: str
    without: tuple[str, ...]

    @classmethod
    def read(cls, file: Path) -> VaryParams:
        """Reads the JSON file that Starlark wrote.

        Raises:
            TypeError: a field is missing or unknown: the rule and this program are not of one version.
        """
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        lists = {key: tuple(value) for key, value in data.items() if isinstance(value, list)}
        return cls(**{**data, **lists})
