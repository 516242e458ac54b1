"""In CI, a test that is skipped has to have a reason that is known: else a skip would hide what no longer works."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

# What CI's machines lack.
_KNOWN = re.compile(
    r"there is no (?:cargo|clang|gold|gpg|lld|ld\.\w+|mold)$|this kernel has no calls of|"
    r"/usr/bin/python3 is no link here|system calls of x86-64"
)
_NOT_ROOT = re.compile("takes root")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Makes a failure of a skip in CI that has another reason."""
    report = yield
    if report.skipped and "CI" in os.environ and isinstance(report.longrepr, tuple):
        reason = str(report.longrepr[2]).removeprefix("Skipped: ")
        if not _KNOWN.match(reason) and not (os.getuid() and _NOT_ROOT.match(reason)):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} is skipped, which CI's machines give no reason for: {reason}"
    return report
