"""The rule of the house for Starlark: which folder of python/private may load from which."""

from __future__ import annotations

import re

import pytest
from archives import TOOLS

PRIVATE = TOOLS.parent / "python" / "private"
# From the lowest up; "" is errors.bzl.
ROOMS = ["", "index", "rust", "toolchain", "wheel", "hub"]
LOAD = re.compile(r'^load\("//python/private/?(\w*):(\w+)\.bzl"', re.MULTILINE)


def fault(loading: str, loaded: str) -> str:
    """What is wrong when a file of one room loads one of another, and what a writer does about it; "" if nothing is."""
    if ROOMS.index(loaded) <= ROOMS.index(loading):
        return ""
    below = ", ".join(f"`{name}`" for name in ROOMS[1 : ROOMS.index(loading)])
    allowed = f"errors.bzl and {below}" if below else "errors.bzl only" if loading else "nothing of ours"
    where = f"`{loading}`" if loading else "errors.bzl"
    return f"{where} loads from `{loaded}`, but may load {allowed}. Move what both need to the lower room."


def test_folders_load_only_what_is_below_them() -> None:
    loads = [
        (file, match[1], match[2])
        for file in sorted(PRIVATE.rglob("*.bzl"))
        for match in LOAD.finditer(file.read_text())
    ]
    assert len(loads) > 15
    faults = [
        f"{file.relative_to(PRIVATE)}: {said}"
        for file, room, _ in loads
        if (said := fault("" if file.parent == PRIVATE else file.parent.name, room))
    ]
    assert not faults, "\n".join(faults)


def test_every_folder_is_a_room() -> None:
    assert {file.parent.name for file in PRIVATE.glob("*/*.bzl")} == set(ROOMS) - {""}
    assert [file.name for file in PRIVATE.glob("*.bzl")] == ["errors.bzl"]


@pytest.mark.parametrize(
    ("loading", "loaded", "said"),
    [
        ("", "index", "errors.bzl loads from `index`, but may load nothing of ours"),
        ("index", "toolchain", "may load errors.bzl only"),
        ("wheel", "hub", "may load errors.bzl and `index`, `rust`, `toolchain`. Move what both need"),
        ("hub", "wheel", ""),
        ("toolchain", "index", ""),
    ],
)
def test_what_a_writer_is_told(loading: str, loaded: str, said: str) -> None:
    found = fault(loading, loaded)
    assert said in found if said else not found
