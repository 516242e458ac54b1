from __future__ import annotations

import hashlib
from pathlib import Path

from lock.lockfile import read_lock

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_from_source_has_no_wheel_and_is_not_stale() -> None:
    folder = EXAMPLES / "from_source"
    lock = read_lock(folder / "sdists.lock.json")
    assert lock.inputs.keys() == {"requirements.txt", "sdists.toml"}
    for name, digest in lock.inputs.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert (lock.wheels, lock.build_files) == ((), ())
    built = {item.distribution for item in (*lock.sdists, *lock.build_sdists)}
    assert len(built) >= 15
    assert {"cython", "flit-core", "hatchling", "markupsafe", "packaging", "pytest", "pyyaml", "setuptools"} <= built
