"""The same project before and after the swap: what is behind each label of rules_python's hub, and what differs."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from old_pip import python_for_pip
from support import REPO, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

Contents = dict[str, dict[str, set[Any]]]

TEMPLATE = Path(__file__).parent / "swap_contents"
NAMES = ("coloredlogs", "greenlet", "humanfriendly", "markupsafe", "six")
LABELS = ("data", "dist_info", "pkg", "whl")
FILES = ("data_runfiles", "files", "runfiles", "sources")
TARGETS = [f"@deps//{name}:{label}" for name in NAMES for label in LABELS]

INCLUDE = 'include("//:rules_sdist.MODULE.bazel")\n'
OLD = "    incompatible_generate_aliases = True,\n"

# A folder with a .bazelrc and more.MODULE.bazel, lines that bring another rules_python than Debian's.
OTHER_RULES_PYTHON = Path(os.environ["OTHER_RULES_PYTHON"]) if "OTHER_RULES_PYTHON" in os.environ else None

ROOT = re.compile(r".*/pkg\.install(?:\.dist_info/(?:all|entry_points))?/|(?:.*/)?external/[^/]*/")  # a wheel's place


def project(folder: Path, *, swapped: bool) -> Workspace:
    """Before the swap its Python is one that pip starts with, afterwards one with which it can't start."""
    shutil.copytree(TEMPLATE, folder / "w")
    python = python_for_pip(folder / "pip", starts=not swapped)
    module = folder / "w" / "MODULE.bazel"
    text = module.read_text().replace("RULES_SDIST", str(REPO)).replace("PYTHON", str(python))
    workspace = Workspace(folder / "w", folder / "o")
    if OTHER_RULES_PYTHON:
        text = text.replace(OLD, '    python_version = "3.14",\n').replace('name = "deps"', 'hub_name = "deps"')
        text += (OTHER_RULES_PYTHON / "more.MODULE.bazel").read_text()
        shutil.copy(OTHER_RULES_PYTHON / ".bazelrc", folder / "w")
    module.write_text(text.replace(INCLUDE, ""))
    if OTHER_RULES_PYTHON and swapped:
        swap = ("--swap", "rules_sdist.MODULE.bazel", "--pip-hub=deps")
        workspace.run("run", "@rules_sdist//tools/lock", "--", "requirements.txt", "-o", "sdists.lock.json", *swap)
    module.write_text(text if swapped else text.replace(INCLUDE, ""))
    return workspace


def listed(workspace: Workspace, path: str) -> set[str]:
    """The files that an output or source path stands for, each below the folder that a wheel is installed in."""
    place = workspace.output_base / "execroot" / "_main" / path
    files = [file for file in place.rglob("*") if file.is_file()] if place.is_dir() else [place]
    found = set()
    for file in files:
        name = ROOT.sub("", str(file.relative_to(place.parents[len(Path(path).parts) - 1])), count=1)
        name = name if not name.endswith(".whl") else file.name
        found.add(f"site-packages/{name}" if re.match(r"[^/]+\.dist-info/", name) else name)
    return found


def contents(workspace: Workspace) -> Contents:
    """What is behind each label: names of files, providers and so on, by what they are for."""
    workspace.build("//:contents", *TARGETS)
    told: dict[str, dict[str, list[Any]]] = json.loads((workspace.bin() / "contents.json").read_text())
    return {
        label: {
            field: {name for path in values for name in listed(workspace, path)} if field in FILES else set(values)
            for field, values in fields.items()
        }
        for label, fields in told.items()
    }


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contents]:
    workspace = project(tmp_path_factory.mktemp("before"), swapped=False)
    yield contents(workspace)
    workspace.shutdown()


@pytest.fixture(scope="module")
def swapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = project(tmp_path_factory.mktemp("after"), swapped=True)
    yield workspace
    workspace.shutdown()


@pytest.fixture(scope="module")
def after(swapped: Workspace) -> Contents:
    return contents(swapped)


@dataclass(frozen=True)
class Difference:
    """A difference that is meant.

    Args:
        reason: what docs/reference/swap.md says of it.
        label: the target.
        fields: in what it is seen.
        before: what only rules_python has, a regular expression.
        after: what only rules_sdist has.
        old: whether it is seen with rules_python 0.22 only, or, if False, with newer ones only; None for all.
    """

    reason: str
    label: str
    fields: tuple[str, ...]
    before: str = ""
    after: str = ""
    old: bool | None = None


IN_FILES = ("data_runfiles", "files")
IN_RUNFILES = ("data_runfiles", "runfiles")
ALL = (
    Difference("The files and sources of `:pkg` are one folder", "pkg", ("files", "sources"), after="site-packages/.*"),
    Difference("No `__init__.py` is made up", "pkg", FILES, before=r"site-packages/__init__\.py", old=True),
    Difference("RECORD is there", "pkg", IN_RUNFILES, after=r".*\.dist-info/RECORD"),
    Difference("`bin/` and `include/` are there", "data", IN_FILES, after="(bin|include)/.*", old=True),
    Difference("`bin/` and `include/` are there", "pkg", IN_RUNFILES, after="(bin|include)/.*", old=True),
    Difference(
        "Licences lie where the locked backend puts them",
        "(pkg|dist_info)",
        FILES,
        before=r".*\.dist-info/LICENSE[^/]*",
        after=r".*\.dist-info/licenses/.*",
    ),
    Difference("Scripts are files, not targets", "data", ("runfiles",), before="bin/.*", old=False),
    Difference("pip takes a wheel of the index", "whl", FILES, ".*-manylinux.*", ".*-linux_.*", old=False),
    Difference("`:whl` has PyWheelInfo", "whl", ("providers",), after="PyWheelInfo"),
    Difference("`:whl` has itself among its runfiles", "whl", ("runfiles",), after=r".*\.whl"),
)


DIFFERENCES = [item for item in ALL if item.old in (None, not OTHER_RULES_PYTHON)]


def reasons(label: str, field: str, name: str, *, side: str) -> set[str]:
    """The reasons for which something is on one side only."""
    return {
        item.reason
        for item in DIFFERENCES
        if re.fullmatch(item.label, label) and field in item.fields and re.fullmatch(getattr(item, side), name)
    }


def test_each_difference_has_a_reason_on_the_page(before: Contents, after: Contents) -> None:
    page = " ".join((REPO / "docs" / "reference" / "swap.md").read_text().split())
    unexplained, seen = [], set()
    assert set(before) == set(after)
    for label, fields in before.items():
        for field, old in fields.items():
            for side, names in (("before", old - after[label][field]), ("after", after[label][field] - old)):
                for name in sorted(map(str, names)):
                    found = reasons(label.partition(":")[2], field, name, side=side)
                    seen |= found
                    if not found:
                        unexplained.append(f"{label} {field}: {name} is there only {side} the swap")
    assert not unexplained, "\n".join(unexplained)
    assert seen == {item.reason for item in DIFFERENCES}
    assert {reason for reason in seen if reason not in page} == set()


def test_tags_name_a_project_as_it_names_itself(swapped: Workspace) -> None:
    found = swapped.run("query", "attr(tags, 'pypi_name=MarkupSafe', @sdists_hub//markupsafe/any:all)").out
    assert "//markupsafe/any:pkg\n" in found
