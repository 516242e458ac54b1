"""Says in what the wheels of a workspace are not as recorded, and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from wheel_hashes.records import Part, Record

_SHOWN_DIGITS = 12
_NO_CAUSE = (
    "the same environment, inputs and recipe: the build is not reproducible (py_wheel_reproducibility_test finds out "
    "why), or somebody has changed the recorded hash"
)


def differences(recorded: Mapping[str, Record], found: Mapping[str, Record], failed: Collection[str]) -> list[str]:
    """A paragraph for each wheel that is not as recorded.

    Args:
        recorded: the records of the file, by label.
        found: those of the wheels as they are built now.
        failed: labels of wheels that could not be built.
    """
    paragraphs = []
    for label in sorted({*recorded, *found, *failed}):
        one, two = recorded.get(label), found.get(label)
        if label in failed:
            lines = ["could not be built; see Bazel's message"]
        elif one and two:
            lines = _between(one, two)
        elif two:
            lines = [f"not recorded; here it is {two.wheel}, sha256 {two.sha256}"]
        else:
            lines = ["recorded, but no wheel of this workspace"]
        if lines:
            paragraphs.append("\n".join([label, *(f"  {line}" for line in lines)]))
    return paragraphs


def _between(recorded: Record, here: Record) -> list[str]:
    """What is not the same, its causes first."""
    lines = [f"other environment: {line}" for line in _between_parts(recorded.environment, here.environment)]
    if recorded.inputs != here.inputs:
        lines.append("other inputs: the sdist, a patch, a library, a crate or a file in `data` is another one")
    if recorded.recipe != here.recipe:
        lines.append("other recipe: the target's attributes, or the C++ toolchain's flags")
    if recorded.wheel != here.wheel:
        lines.append(f"other name: recorded {recorded.wheel}, here {here.wheel}")
    if recorded.sha256 != here.sha256:
        if not lines:
            lines.append(_NO_CAUSE)
        lines.append(f"other bytes: recorded sha256 {recorded.sha256}, here {here.sha256}")
    elif lines:
        lines.append("the same bytes")
    return lines


def _between_parts(recorded: Sequence[Part], here: Sequence[Part]) -> list[str]:
    gone, new = (
        list((Counter(recorded) - Counter(here)).elements()),
        list((Counter(here) - Counter(recorded)).elements()),
    )
    lines = []
    for part in gone:
        successor = next((other for other in new if _is_same_thing(part, other)), None)
        if successor:
            new.remove(successor)
        lines.append(f"{part.kind}: recorded {_shown(part)}, here {_shown(successor) if successor else 'none'}")
    return lines + [f"{part.kind}: recorded none, here {_shown(part)}" for part in new]


def _is_same_thing(one: Part, other: Part) -> bool:
    """Whether one takes the other's place: there is one compiler, but many build requirements."""
    if one.kind != other.kind:
        return False
    return one.kind != "build requirement" or one.name.partition("-")[0] == other.name.partition("-")[0]


def _shown(part: Part) -> str:
    return f"{part.name} ({part.sha256[:_SHOWN_DIGITS]})"
