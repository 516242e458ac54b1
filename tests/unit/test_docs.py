from __future__ import annotations

import re
import runpy
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]


def test_api_page_is_what_the_rules_say() -> None:
    made = runpy.run_path(str(REPO / "docs" / "generate_api.py"))["page"]()
    assert (REPO / "docs" / "api.md").read_text() == made, "run: python3 docs/generate_api.py"
    for name in ("build_requires", "native_deps", "wheel_tags", "sha256"):
        assert f"| `{name}` |" in made


def test_links_lead_somewhere() -> None:
    for page in [*REPO.glob("*.md"), *(REPO / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_test_that_a_page_names_is_there() -> None:
    found = [
        name
        for page in (REPO / "docs").glob("*.md")
        for name in re.findall(r"`(tests/[\w/]+\.py::\w+)`", page.read_text())
    ]
    assert len(found) > 30
    for file, _, test in (name.partition("::") for name in found):
        assert f"def {test}(" in (REPO / file).read_text(), f"{file} has no {test}"
