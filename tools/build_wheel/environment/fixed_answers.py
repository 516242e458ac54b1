"""Answers that repeat, for packages that ask for the time or for random numbers: a library in all programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.times import SOURCE_DATE_EPOCH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SETTINGS = "RULES_SDIST_FIXED"
"""The variable that tools/reproducibility_test/preload/preload.c reads, which says what the numbers mean."""


def with_fixed_answers(env: Mapping[str, str], fixed: Sequence[str], preload: str | None) -> dict[str, str]:
    """The rule's own variables, and those that load the library.

    Args:
        env: the rule's; libraries in its LD_PRELOAD come after ours.
        fixed: what is to repeat: "clock", "random".
        preload: the library, relative to the execution root.

    Returns:
        the variables, with `${EXECROOT}` for the execution root.
    """
    if not preload:
        return dict(env)
    starts = SOURCE_DATE_EPOCH if "clock" in fixed else 0
    libraries = ["${EXECROOT}/" + preload, *filter(None, [env.get("LD_PRELOAD")])]
    return {**env, "LD_PRELOAD": ":".join(libraries), _SETTINGS: f"0 0 {int('random' in fixed)} {starts}"}
