"""The rule of the house: which room may import from which."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from archives import TOOLS

from buildinfo.helper import PACKAGES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What each room below the jobs may use, besides itself.
BELOW = {
    "common": set[str](),
    "formats": {"common"},
    "fingerprint": set[str](),  # it stands alone: Bazel starts it from the sources
    "source": {"common", "formats"},
    "isolation": {"common", "fingerprint"},
}
# Programs of one file, beside the rooms.
PROGRAMS = {"__main__", "jobs", "pack_helper", "run_program"}


def imports(root: Path) -> Iterator[tuple[str, str]]:
    """Pairs of modules of which the first imports the second, also where only types are checked."""
    modules = {".".join(file.relative_to(root).with_suffix("").parts): file for file in root.rglob("*.py")}
    packages = {name.rpartition(".")[0] for name in modules}
    for name, file in modules.items():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                named = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                named = [f"{node.module}.{alias.name}" for alias in node.names]
                named = [
                    one if one in modules or node.module in packages - modules.keys() else node.module for one in named
                ]
            else:
                continue
            yield from (
                (name, one) for one in named if one.partition(".")[0] in modules or one.partition(".")[0] in packages
            )


def wing(module: str) -> str:
    """The folder in a job that a module is in, such as "build_wheel.leaks", or "" for the job's own files."""
    room, *rest = module.split(".")
    return f"{room}.{rest[0]}" if len(rest) > 1 else ""


def fault(importing: str, imported: str) -> str:
    """What is wrong with an import, and what a writer does about it; "" if nothing is."""
    room, other = importing.split(".")[0], imported.split(".")[0]
    arrow = f"{importing} imports {imported}"
    if room in BELOW and other not in BELOW[room] | {room}:
        allowed = ", ".join(sorted(BELOW[room])) or "nothing of ours"
        return f"{arrow}: `{room}` may use {allowed}. Move what both need down to a room below."
    if other in BELOW or not wing(imported) or wing(imported) == wing(importing):
        return ""
    if room != other:
        return f"{arrow}: a job sees other jobs' own files only, not their wings. Give `{other}` a file that offers it."
    if wing(importing):
        return f"{arrow}: a wing uses no other wing. Hand it over in `{room}`'s own files, or move it to a room below."
    return ""


def test_rooms_use_only_what_is_below_them() -> None:
    found = [fault(*pair) for pair in imports(TOOLS)]
    assert len(found) > 500
    assert not [said for said in found if said]


def test_jobs_do_not_go_round_in_circles() -> None:
    uses: dict[str, set[str]] = {}
    for importing, imported in imports(TOOLS):
        room, other = importing.split(".")[0], imported.split(".")[0]
        if room != other and room not in PROGRAMS and other not in PROGRAMS:
            uses.setdefault(room, set()).add(other)

    def leads_to(room: str, way: tuple[str, ...]) -> None:
        assert room not in way, " -> ".join([*way, room])
        for other in sorted(uses.get(room, ())):
            leads_to(other, (*way, room))

    for room in uses:
        leads_to(room, ())


@pytest.mark.parametrize(
    ("importing", "imported", "said"),
    [
        ("common.files", "formats.elf", "`common` may use nothing of ours"),
        ("formats.elf", "fingerprint.content", "`formats` may use common"),
        ("isolation.closed", "build_wheel.params", "Move what both need down"),
        ("build_wheel.leaks.elf", "build_wheel.cc.wrapper", "a wing uses no other wing"),
        ("rebuild.inputs", "lock.resolve.index", "Give `lock` a file that offers it"),
        ("build_wheel.leaks.elf", "formats.elf", ""),
        ("build_wheel.leaks.elf", "build_wheel.params", ""),
        ("build_wheel.make_wheel", "build_wheel.leaks.search", ""),
        ("rebuild.inputs", "lock.package_index", ""),
    ],
)
def test_what_a_writer_is_told(importing: str, imported: str, said: str) -> None:
    found = fault(importing, imported)
    assert said in found if said else not found


def test_build_information_knows_all_rooms_that_make_a_wheel() -> None:
    assert {*BELOW, "build_wheel", "install_wheel"} == set(PACKAGES)


def test_no_test_imports_another_one() -> None:
    found = []
    for file in sorted(TOOLS.parent.joinpath("tests").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found += [f"{file.name} imports {name}" for name in names if name.split(".")[-1].startswith("test_")]
    assert not found, "what two tests need belongs to tests/unit/makers, or beside tests/integration/support.py"
