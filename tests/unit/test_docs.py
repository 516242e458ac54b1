from __future__ import annotations

import argparse
import re
from pathlib import Path

from init import command as init_command
from lock import options as lock_options

REPO = Path(__file__).resolve().parents[2]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_somewhere() -> None:
    seen = 0
    for page in [*REPO.glob("*.md"), *(REPO / "docs").rglob("*.md"), *(REPO / "examples").glob("*/*.md")]:
        for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text()):
            linked = page.parent / target if target else page
            assert linked.exists(), f"{page.name}: {target}"
            if anchor:
                assert anchor in anchors(linked), f"{page.name}: {target}#{anchor}"
                seen += 1
    assert seen > 20


def test_every_test_that_a_page_names_is_there() -> None:
    found = [
        name
        for page in (REPO / "docs").rglob("*.md")
        for name in re.findall(r"`(tests/[\w/]+\.py::\w+)`", page.read_text())
    ]
    assert len(found) > 30
    for file, _, test in (name.partition("::") for name in found):
        assert f"def {test}(" in (REPO / file).read_text(), f"{file} has no {test}"


def test_every_page_is_in_the_index() -> None:
    docs = REPO / "docs"
    listed = re.findall(r"^(?:-|\d\.) \[.*?\]\(([\w/]+\.md)\): \S", (docs / "README.md").read_text(), re.MULTILINE)
    there = {str(page.relative_to(docs)) for page in docs.rglob("*.md")} - {"README.md"}
    assert sorted(listed) == sorted(there)
    assert {name.partition("/")[0] for name in there} == {"tutorial", "how_to", "reference", "explanation"}


def test_every_page_begins_with_what_the_reader_gets() -> None:
    for page in (REPO / "docs").rglob("*.md"):
        title, empty, *lines = re.sub(r"<!--.*?-->\n\n", "", page.read_text()).splitlines()
        first = " ".join(lines[: lines.index("")])
        assert title.startswith("# ") and not empty, page.name
        assert re.match(r"[\w\[`]", first) and first.endswith("."), f"{page.name} begins with: {first}"


def test_every_option_of_lock_and_init_is_on_their_page() -> None:
    page = (REPO / "docs" / "reference" / "lock.md").read_text()
    told = set(re.findall(r"`(--?[\w-]+)", "".join(line for line in page.splitlines() if line.startswith("| "))))
    known = {
        option
        for parser in (lock_options._parser(), init_command._parser())
        for action in parser._actions
        if action.help != argparse.SUPPRESS
        for option in action.option_strings[:1]
    }
    assert told == known - {"-h", "-o"}
