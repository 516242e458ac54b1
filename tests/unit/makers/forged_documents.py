"""Build information that somebody forged, and the machine of a user who trusts it."""

from __future__ import annotations

import copy
import functools
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from actions import build_params, toolchain
from archives import TOOLS, listing, make_wheel

from build_wheel.params import Expected, Library, Native
from buildinfo.document import FORMAT
from common.errors import UserError
from common.files import sha256
from fingerprint.compiler import compiler_fingerprint
from rebuild import checks
from rebuild.command import rebuild

WHEEL = "demo-1.0-cp39-cp39-linux_x86_64.whl"
REQUIREMENT = "demo-1.0-py3-none-any.whl"


@functools.cache
def compiler_facts() -> dict[str, Any]:
    return dict(compiler_fingerprint("/usr/bin/gcc").facts)


class Box:
    """A machine of a user: files that must stay as they are, and inputs for `rebuild`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scratch = folder / "tmp"
        for name in ("tmp", "work", "inputs", "precious", "toolchain/external"):
            (folder / name).mkdir(parents=True)
        (folder / "precious" / "file").write_text("s3cret")
        (folder / "toolchain" / "external" / "linked").symlink_to(folder / "precious")
        (folder / "link").symlink_to(folder / "precious")
        (folder / "precious" / "gcc").write_text(f"#!/bin/sh\ntouch {folder}/precious/ran\n")
        (folder / "precious" / "gcc").chmod(0o755)
        (folder / "gcc").symlink_to("/usr/bin/gcc")
        self.wheel = folder / "work" / WHEEL
        make_wheel(folder / "work", {"demo.py": "x = 1"}, name=WHEEL)
        for name in ("demo-1.0.tar.gz", "a.patch", "libx.a", "shout", "data"):
            (folder / "inputs" / name).write_text(name)
        make_wheel(folder / "inputs", {"tool.py": ""}, name=REQUIREMENT)

    def document(self) -> dict[str, Any]:
        """Build information with something in every field, that passes every check which needs no build."""
        inputs = self.folder / "inputs"
        places = {"external/demo-1.0.tar.gz": "", "pkg/a.patch": "", "pkg/libx.a": "", "pkg/shout": "", "data": ""}
        places.update(dict.fromkeys(("bin/tool.installed", "bin/more.installed"), REQUIREMENT))
        recipe = asdict(
            build_params(
                sdist="external/demo-1.0.tar.gz",
                build_root="bin/pkg/demo.build",
                output=f"bin/pkg/{WHEEL}",
                expected=Expected("demo", "1.0", "cp39-cp39-linux_x86_64", None),
                build_requires=("bin/tool.installed",),
                patches=("pkg/a.patch",),
                tools={"shout": "pkg/shout"},
                env={"A": "b"},
                config_settings={"c": "d"},
                cc=toolchain(other_tools={"objdump": "/usr/bin/objdump"}, env={"E": "f"}, c_flags=("-O2",)),
                native=Native(
                    ("D",), ("pkg",), (".",), ("pkg/include",), (Library("pkg/libx.a", False, False),), ("-lz",)
                ),
            )
        )
        for name in checks.NOT_RECORDED:
            del recipe[name]
        del recipe["cc"]["wrapper"]
        return {
            "format": FORMAT,
            "wheel": WHEEL,
            "sha256": sha256(self.wheel),
            "size": self.wheel.stat().st_size,
            "inputs": [
                {"path": path, "sha256": sha256(inputs / (wheel or Path(path).name)), "wheel": wheel}
                for path, wheel in places.items()
            ],
            "recipe": json.loads(json.dumps(recipe)),
            "interpreter": None,
            "compiler": compiler_facts(),
            "environment": {"CC": "cc"},
            "host_files": {"headers": [], "libraries": [], "programs": [], "not_audited": []},
            "version": "1",
            "helper": "0" * 64,
        }

    def refusal(self, document: object, *arguments: str) -> str:
        """What `rebuild` says of a document, after a look at everything that it must not touch."""
        file = self.folder / "work" / f"{WHEEL}.buildinfo.json"
        file.write_text(document if isinstance(document, str) else json.dumps(document))
        before = listing(self.folder)
        with pytest.raises(UserError) as caught:
            rebuild([str(self.wheel), str(file), "--inputs", str(self.folder / "inputs"), *arguments])
        after = listing(self.folder)
        assert {**after, "tmp": ""} == {**before, "tmp": ""}  # that folder's own time changes
        assert caught.value.fix
        return str(caught.value)


def box_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    """A box for `rebuild` as `python3 tools/rebuild` starts it, with an index that is not there."""
    made = Box(folder / "box")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(tempfile, "tempdir", str(made.scratch))
    monkeypatch.setattr(sys, "argv", [str(TOOLS / "rebuild")])
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("PIP_INDEX_URL", (folder / "no_index").as_uri())
    return made


def put(document: dict[str, Any], field: str, value: object) -> dict[str, Any]:
    """The document with another value in a field "recipe.sources.0.1"; a last part ">NAME" renames a key."""
    changed = copy.deepcopy(document)
    *way, last = field.split(".")
    at: Any = changed
    for step in way:
        at = at[int(step) if isinstance(at, list) else step]
    if last.startswith(">"):
        at[value] = at.pop(last[1:])
    elif isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return changed
