"""Names of variants: those that were there keep theirs, so that results stay cached."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from sample_locks import SHA, sample, sdist

from lock.lockfile import LockedWheel, read_lock
from lock.merge import merge
from lock.variants import with_variants

if TYPE_CHECKING:
    from pathlib import Path

    from lock.lockfile import Lock, LockedSdist

NEWER, OLDER = "cp313_linux_x86_64", "cp312_linux_x86_64"


def lock_for(python: str, *sdists: LockedSdist) -> Lock:
    return dataclasses.replace(sample(), environments=(python,), sdists=sdists, wheels=())


def variants(lock: Lock) -> dict[str, tuple[str, ...]]:
    return {entry.variant: entry.environments for entry in lock.sdists}


def test_a_second_python_renames_nothing() -> None:
    first = with_variants(lock_for(OLDER, sdist("pyyaml", "x.whl")), None)
    assert variants(first) == {"any": ()}
    alike = merge([lock_for(OLDER, sdist("pyyaml", "x.whl")), lock_for(NEWER, sdist("pyyaml", "x.whl"))])
    assert variants(with_variants(alike, first)) == {"any": ()}
    both = merge([lock_for(OLDER, sdist("pyyaml", "x.whl")), lock_for(NEWER, sdist("pyyaml", needs=("six",)))])
    second = with_variants(both, first)
    assert variants(second) == {"any": (OLDER,), NEWER: (NEWER,)}
    assert variants(with_variants(both, second)) == variants(second)
    # Also when it is alone again, or needs something else.
    assert variants(with_variants(lock_for(NEWER, sdist("pyyaml", needs=("six",))), second)) == {NEWER: ()}
    changed = merge([lock_for(OLDER, sdist("pyyaml", needs=("toml",))), lock_for(NEWER, sdist("pyyaml", "x.whl"))])
    assert variants(with_variants(changed, first)) == {"any": (NEWER,), OLDER: (OLDER,)}
    changed = merge([lock_for(OLDER, sdist("pyyaml", needs=("a",))), lock_for(NEWER, sdist("pyyaml", needs=("b",)))])
    assert variants(with_variants(changed, first)) == {"any": (OLDER,), NEWER: (NEWER,)}


def test_names_are_unique_among_sdists_and_wheels() -> None:
    """One comes as a wheel for one Python, as an sdist for the others."""
    wheel = LockedWheel("demo", "1", "demo-1-cp313-cp313-linux_x86_64.whl", SHA[::-1], ())
    newer = dataclasses.replace(lock_for(NEWER), wheels=(wheel,))
    both = with_variants(merge([lock_for(OLDER, sdist("demo", "x.whl")), newer]), None)
    assert (both.sdists[0].variant, both.wheels[0].variant) == (OLDER, NEWER)
    entries = [dataclasses.replace(sdist("demo", needs=(name,)), sha256=name * 64) for name in "ab"]
    old = dataclasses.replace(lock_for(OLDER, dataclasses.replace(entries[0], variant=NEWER)))
    taken = with_variants(merge([lock_for(OLDER, entries[0]), lock_for(NEWER, entries[1])]), old)
    assert variants(taken) == {NEWER: (OLDER,), f"{NEWER}_2": (NEWER,)}


def test_build_requirements_are_named_by_version() -> None:
    lock = dataclasses.replace(sample(), build_sdists=(sdist("y", version="1"), sdist("y", version="2")))
    assert [entry.variant for entry in with_variants(lock, None).build_sdists] == ["any", "any"]


def test_a_lock_from_before_entries_had_names(tmp_path: Path) -> None:
    """It is read, and written as it was; its variants keep the names that hubs gave them."""
    made = with_variants(merge([lock_for(OLDER, sdist("a")), lock_for(NEWER, sdist("a", needs=("b",)))]), None)
    named = [dataclasses.replace(entry, name="A", entry_points=True) for entry in made.sdists]
    made = dataclasses.replace(made, sdists=tuple(named), build_sdists=(dataclasses.replace(sdist("y"), name="Y"),))
    text = made.without_names().text()
    assert not {"name", "entry_points", "variant"} & json.loads(text)["sdists"][0].keys()
    (tmp_path / "lock.json").write_text(text)
    old = read_lock(tmp_path / "lock.json")
    assert old.lacks_names()
    assert old.text() == text
    assert not made.lacks_names()
    renewed = dataclasses.replace(made, sdists=tuple(dataclasses.replace(entry, variant="") for entry in named))
    assert with_variants(renewed, old).sdists == made.sdists
