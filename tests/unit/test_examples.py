from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from lock.inputs.requirements_txt import bare_text
from lock.lockfile import read_lock

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize("name", ["from_source", "rules_python_swap", "rust"])
def test_locks_are_not_stale(name: str) -> None:
    lock = read_lock(EXAMPLES / name / "sdists.lock.json")
    assert "sdists.toml" in lock.inputs
    for file, digest in lock.inputs.items():
        content = (EXAMPLES / name / file).read_bytes()
        bare = bare_text(content) if file.endswith(".txt") else content  # comments make nothing stale
        assert digest in {hashlib.sha256(text).hexdigest() for text in (content, bare)}


def test_from_source_has_no_wheel() -> None:
    lock = read_lock(EXAMPLES / "from_source" / "sdists.lock.json")
    assert (lock.wheels, lock.build_files) == ((), ())
    built = {item.distribution for item in (*lock.sdists, *lock.build_sdists)}
    assert len(built) >= 15
    assert {"cython", "flit-core", "hatchling", "markupsafe", "packaging", "pytest", "pyyaml", "setuptools"} <= built
