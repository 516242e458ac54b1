"""What a test says: never more than it knows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from common.errors import UserError
from reproducibility_test.rebuild import RANDOM_NUMBERS
from reproducibility_test.variations import BY_NAME
from wheel_diff.report import diff_report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reproducibility_test.rebuild import Outcome
    from reproducibility_test.search import Cause

PROPERTY = "reproducibility"
"""The property of the test's XML report that holds its result as JSON."""

SCHEMA = 1
_NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RANDOM_FIX = (
    'Give it a fixed seed, or write what does not change, with `patches`; or fix the answers: fixed = ["random"].'
)
_WIDEST_FACT = 60
_MOST_LINES = 60


@dataclass(frozen=True)
class Varied:
    """What a test varied.

    Args:
        changes: names of the variations in effect, with what a process saw without and with them.
        not_varied: names of those that are not, with the reason.
        switched_off: names of those that the user switched off.
        hidden: names of those among `changes` that make no difference to a closed build; what they show was seen
            outside of it.
    """

    changes: Mapping[str, tuple[str, str]]
    not_varied: Mapping[str, str]
    switched_off: tuple[str, ...]
    hidden: tuple[str, ...] = ()

    def sentence(self) -> str:
        """What was varied, and what was not, in one line."""
        said = [f"under {', '.join(self.changes)}" if self.changes else "built once more, with nothing varied"]
        if self.hidden:
            said.append(f"of these hidden from a closed build: {', '.join(self.hidden)}")
        if self.not_varied:
            reasons: dict[str, list[str]] = {}
            for name, why in self.not_varied.items():
                reasons.setdefault(why, []).append(name)
            listed = ", ".join(f"{', '.join(names)} ({why})" for why, names in reasons.items())
            said.append(f"not varied here: {listed}")
        if self.switched_off:
            said.append(f"switched off: {', '.join(self.switched_off)}")
        return "; ".join(said)

    def table(self) -> str:
        """What a process saw, without and with each variation."""
        return "\n".join(
            f"  {name:<16}  {_short(plain)} -> {_short(varied)}" + " (hidden)" * (name in self.hidden)
            for name, (plain, varied) in self.changes.items()
        )


@dataclass(frozen=True)
class Result:
    """The result of one test.

    Args:
        label: the wheel's target.
        wheel: its file name.
        built: what Bazel built.
        rebuilt: what came of the rebuild under all variations.
        varied: what was varied.
        causes: why they differ; empty where they don't.
        builds: the number of builds.
        seconds: the time of the first rebuild.
    """

    label: str
    wheel: str
    built: Outcome
    rebuilt: Outcome
    varied: Varied
    causes: tuple[Cause, ...]
    builds: int
    seconds: float

    @property
    def verdict(self) -> str:
        """Returns "identical", "different" or "failed" (it could not be built again)."""
        if self.rebuilt.same_as(self.built):
            return "identical"
        return "different" if self.rebuilt.wheel else "failed"


def text(result: Result) -> str:
    """The result for people."""
    if result.verdict == "identical":
        head = f"PASS: {result.wheel} (sha256 {result.built.sha256}) is identical {result.varied.sentence()}."
        return f"{head}\n{result.varied.table()}\n"
    what = "differs when it is built again" if result.verdict == "different" else "can't be built again"
    lines = [f"FAIL: {result.wheel} {what} on a machine that looks different."]
    for cause in result.causes:
        lines += ["", *cause_lines(cause, result.varied)]
    lines += ["", f"{result.builds} builds {result.varied.sentence()}.", result.varied.table()]
    return "\n".join(lines) + "\n"


def cause_lines(cause: Cause, varied: Varied) -> list[str]:
    """One cause, what to do, and the difference that it makes."""
    lines = [f"cause: {cause_text(cause)}", f"  fix: {_fix(cause)}"]
    if cause.kind == "variation" and cause.names[0] in varied.changes:
        lines.append(f"  {cause.names[0]}: {' -> '.join(map(_short, varied.changes[cause.names[0]]))}")
    return [*lines, *(f"  {line}".rstrip() for line in _explanation(cause))]


def cause_text(cause: Cause) -> str:
    """One cause, in one line."""
    names = ", ".join(cause.names)
    if cause.kind in ("variation", "varying"):
        return f"{names}: the wheel depends on {_is_about(cause.names[0])}"
    if cause.kind == "together":
        return f"several together, or chance: none of {names} makes a difference alone"
    if cause.kind == "elsewhere":
        return "outside of this test: all builds here give the same wheel, but not the one that Bazel has"
    if cause.kind == "unfinished":
        return f"unknown: it may be any of {names}; there was no time for more builds"
    return (
        "chance: builds under the same conditions differ, also with a clock that stands still, random numbers that "
        "repeat and fixed memory addresses, as far as this machine can hold them"
    )


def _fix(cause: Cause) -> str:
    if cause.kind in ("variation", "varying"):
        name = cause.names[0]
        return _RANDOM_FIX if name == RANDOM_NUMBERS else BY_NAME[name].fix
    if cause.kind == "elsewhere":
        return (
            "Bazel's wheel may come from a cache: look for another host interpreter or compiler on the machine that "
            "built it, and build it again here with --noremote_accept_cached. Else the package tells Bazel's action "
            "from this test, as by its path."
        )
    if cause.kind == "unfinished":
        return 'Give the test more time: `timeout = "long"`, or "eternal"; or name suspects in `without`.'
    return "Look at the difference for parallel jobs whose order differs, and for times that were measured."


def _is_about(name: str) -> str:
    """What a wheel depends on that differs with the named cause."""
    if name == RANDOM_NUMBERS:
        return "random numbers of the system: random, uuid, secrets, or a hash seed"
    return BY_NAME[name].is_about


def _explanation(cause: Cause) -> list[str]:
    """What wheel_diff says of the two wheels, or why one of them could not be built."""
    for outcome in (cause.b, cause.a):
        if outcome.failure:
            return ["The build fails:", *outcome.failure.splitlines()]
    assert cause.a.wheel, cause
    assert cause.b.wheel, cause
    try:
        report = diff_report(cause.a.wheel, cause.b.wheel, labels=_labels(cause))
    except UserError as error:
        return str(error).splitlines()
    report = re.sub(r"\n[ \n]*\n", "\n\n", report).replace("  no cause was recognised\n", "")
    lines = report.splitlines()
    more = [f"... {len(lines) - _MOST_LINES} more lines; see difference.html"] if len(lines) > _MOST_LINES else []
    return lines[:_MOST_LINES] + more


def _labels(cause: Cause) -> tuple[str, str]:
    if cause.kind == "variation":
        return "The plain build", f"the build with another {cause.names[0]}"
    if cause.kind == "varying":
        return f"The build with {cause.names[0]} held fixed", "an ordinary build"
    if cause.kind in ("elsewhere", "unfinished"):
        return "Bazel's wheel", "the wheel built again"
    return "One build", "another build"


def html(result: Result) -> str:
    """A page with all differences of Bazel's wheel and the rebuilt one; "" where there are not two wheels."""
    if not result.built.wheel or not result.rebuilt.wheel:
        return ""
    try:
        labels = ("built by Bazel", "built again")
        return diff_report(result.built.wheel, result.rebuilt.wheel, labels=labels, html=True)
    except UserError:
        return ""


def as_xml(result: Result) -> str:
    """The result for programs, as CI systems know it (JUnit); the property is for `reproducibility_report`."""
    suite = ElementTree.Element(
        "testsuite", name=result.label, tests="1", failures=str(int(bool(result.causes))), time=f"{result.seconds:.1f}"
    )
    properties = ElementTree.SubElement(suite, "properties")
    ElementTree.SubElement(properties, "property", name=PROPERTY, value=_as_json(result))
    case = ElementTree.SubElement(
        suite, "testcase", name=result.wheel, classname="py_wheel_reproducibility_test", time=f"{result.seconds:.1f}"
    )
    said = _NOT_IN_XML.sub("?", text(result))
    if result.causes:
        message = "; ".join(cause_text(cause) for cause in result.causes)
        ElementTree.SubElement(case, "failure", message=message).text = said
    else:
        ElementTree.SubElement(case, "system-out").text = said
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def _as_json(result: Result) -> str:
    return json.dumps(
        {
            "schema": SCHEMA,
            "label": result.label,
            "wheel": result.wheel,
            "sha256": result.built.sha256,
            "result": result.verdict,
            "varied": sorted(result.varied.changes),
            "hidden": sorted(result.varied.hidden),
            "not_varied": dict(result.varied.not_varied),
            "switched_off": sorted(result.varied.switched_off),
            "causes": [cause_text(cause) for cause in result.causes],
            "builds": result.builds,
            "seconds": round(result.seconds, 1),
        }
    )


def _short(fact: str) -> str:
    if len(fact) <= _WIDEST_FACT:
        return fact
    return f"{fact[:20]}...{fact[23 - _WIDEST_FACT :]}"
