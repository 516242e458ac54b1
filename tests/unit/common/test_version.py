from __future__ import annotations

import re

from archives import TOOLS

from common.version import VERSION


def test_it_is_the_modules() -> None:
    module = (TOOLS.parent / "MODULE.bazel").read_text()
    assert re.findall(r'^    version = "(.*)",$', module, re.MULTILINE)[0] == VERSION
