"""Runs all reproducibility tests of a workspace anew, and lists every wheel with its result and cause.

    bazel run @rules_sdist//tools/reproducibility_report -- //...
    python3 tools/reproducibility_report --bazel ./bazelw //third_party/...

Tests with the tag "manual" run too, and no result comes from a cache. Wheels that are built from source and have no
test are listed as such.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree

from common.bazel import Bazel, add_bazel_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NOT_IDENTICAL, _FAILED = 1, 2
_WIDEST_CAUSE = 200


@dataclass(frozen=True)
class Row:
    """One wheel.

    Args:
        wheel: the label of its target, or of the test, where that is all that is known.
        result: "identical", "different", "failed" (it could not be built again), "not built", "no result" or "no test".
        cause: why; for an identical wheel what was not varied; may be "".
        seconds: how long the rebuild took, or None.
    """

    wheel: str
    result: str
    cause: str = ""
    seconds: float | None = None


def reproducibility_report(arguments: Sequence[str]) -> int:
    """Runs the command.

    Returns:
        0 if all tested wheels are identical, 1 if not, 2 if nothing could be tested.
    """
    parser = argparse.ArgumentParser(
        prog="reproducibility_report",
        description="Runs all reproducibility tests anew, and lists every wheel with result and cause.",
    )
    add_bazel_options(parser)
    options = parser.parse_args(arguments)
    bazel = Bazel.of(options)
    patterns = " ".join(options.patterns)
    tests = _tests(bazel, patterns)
    if tests is None:
        return _FAILED
    if not tests:
        print(
            f"reproducibility_report: there is no py_wheel_reproducibility_test in {patterns}; add some.",
            file=sys.stderr,
        )
        return _FAILED
    events = bazel.events("test", tests, "--nocache_test_results", "--test_output=summary")
    rows = rows_of(events, tests, bazel.wheels(" ".join([patterns, *tests])))
    print(table(rows))
    return 0 if all(row.result in ("identical", "no test") for row in rows) else _NOT_IDENTICAL


def _tests(bazel: Bazel, patterns: str) -> list[str] | None:
    """The labels of all reproducibility tests, also those with the tag "manual"; None after Bazel's message."""
    expression = f'kind("^py_wheel_reproducibility_test rule$", set({patterns}))'
    done = bazel.run("query", "--consistent_labels", expression)
    return sorted(done.stdout.split()) if done.returncode == 0 else None


def rows_of(events: Sequence[Mapping[str, Any]], tests: Sequence[str], wheels: Sequence[str]) -> list[Row]:
    """One row for each wheel.

    Args:
        events: Bazel's build events.
        tests: the labels of the tests.
        wheels: the labels of all wheels that are built from source.
    """
    reports: dict[str, Path] = {}
    errors: dict[str, str] = {}
    for event in events:
        kind = event.get("id", {})
        if "testResult" in kind:
            for output in event.get("testResult", {}).get("testActionOutput", []):
                if output.get("name") == "test.xml":
                    reports[plain(kind["testResult"]["label"])] = local_path(output.get("uri", ""))
        elif "actionCompleted" in kind and not event.get("action", {}).get("success"):
            said = local_path(event.get("action", {}).get("stderr", {}).get("uri", ""))
            errors[plain(kind["actionCompleted"].get("label", ""))] = error_in(said)
    rows: dict[str, Row] = {}
    for test in map(plain, tests):
        report = result_in(reports[test]) if test in reports else None
        why = errors.get(test, "see the wheels that were not built")
        row = row_of(report) if report else Row(test, "no result", why)
        rows[row.wheel] = row
    for wheel in map(plain, wheels):
        if wheel in errors and rows.get(wheel, Row("", "")).result not in ("identical", "different", "failed"):
            rows[wheel] = Row(wheel, "not built", errors[wheel])
        rows.setdefault(wheel, Row(wheel, "no test"))
    return sorted(rows.values(), key=lambda row: row.wheel)


def row_of(result: Mapping[str, Any]) -> Row:
    """The row of a test's own result."""
    if result["result"] == "identical":
        without = [f"not varied: {', '.join(result['not_varied'])}"] if result["not_varied"] else []
        without += [f"switched off: {', '.join(result['switched_off'])}"] if result["switched_off"] else []
        return Row(result["label"], "identical", "; ".join(without), result["seconds"])
    return Row(result["label"], result["result"], "; ".join(result["causes"]), result["seconds"])


def result_in(report: Path) -> dict[str, Any] | None:
    """The result in a test's XML report; see tools/reproducibility_test/report.py."""
    try:
        root = ElementTree.parse(report).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    for item in root.iter("property"):
        if item.get("name") == "reproducibility":
            value: dict[str, Any] = json.loads(item.get("value") or "{}")
            return value
    return None


def error_in(output: Path) -> str:
    """The first line of a helper's message, or the last line of other output."""
    try:
        text = output.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "see Bazel's output"
    match = re.search(r"^ERROR: (.*)", text, re.MULTILINE)
    lines = text.strip().splitlines() or ["no output"]
    return match[1] if match else lines[-1]


def table(rows: Sequence[Row]) -> str:
    """The rows as text, and how many there are of each result."""
    cells = [("wheel", "result", "seconds", "cause")]
    for row in rows:
        seconds = "" if row.seconds is None else f"{row.seconds:.1f}"
        cause = row.cause if len(row.cause) <= _WIDEST_CAUSE else row.cause[: _WIDEST_CAUSE - 3] + "..."
        cells.append((row.wheel, row.result, seconds, cause))
    widths = [max(len(line[column]) for line in cells) for column in range(3)]
    padded = [[*(f"{text:<{width}}" for text, width in zip(line, widths)), line[3]] for line in cells]
    lines = ["  ".join(line).rstrip() for line in padded]
    counts = {row.result: sum(other.result == row.result for other in rows) for row in rows}
    return "\n".join([*lines, "", ", ".join(f"{number} {result}" for result, number in sorted(counts.items()))])


def plain(label: str) -> str:
    """A label without the signs that it is canonical."""
    return label.lstrip("@")


def local_path(uri: str) -> Path:
    """The file of a file: URI."""
    return Path(unquote(urlparse(uri).path))
