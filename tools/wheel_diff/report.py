"""In what two wheels differ, for other commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheel_diff.archive import Limits, open_wheel
from wheel_diff.compare import compare_wheels
from wheel_diff.reports.html import html_report
from wheel_diff.reports.text import text_report

if TYPE_CHECKING:
    from pathlib import Path


def diff_report(a: Path, b: Path, *, labels: tuple[str, str], html: bool = False) -> str:
    """The report on two wheels.

    Args:
        a: the first one.
        b: the second one.
        labels: what to call them.
        html: whether it is a page; else it is text.

    Raises:
        UserError: one of them is no readable wheel.
    """
    limits = Limits()
    with open_wheel(a, labels[0], limits) as one, open_wheel(b, labels[1], limits) as two:
        comparison = compare_wheels(one, two, limits)
        return html_report(comparison, {}) if html else text_report(comparison, colours=False)
