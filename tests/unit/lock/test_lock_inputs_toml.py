"""A pylock.toml or uv.lock: what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pinned_inputs import PYLOCK, UV_LOCK, B, C, read

from common.errors import UserError
from lock.inputs.read import build_constraints

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "old", "new", "message", "where"),
    [
        ("pylock.toml", "[[packages]]", "[[packages", "pylock.toml is not valid TOML: ", ""),
        ("pylock.toml", 'lock-version = "1.0"', 'lock-version = "2.1"', "has the lock-version 2.1, the newest", ""),
        ("pylock.toml", 'lock-version = "1.0"', "", "has the lock-version None, expected 1.0", ""),
        ("pylock.toml", 'lock-version = "1.0"', "lock-version = 1", "has the lock-version 1, expected 1.0", ""),
        ("pylock.toml", 'created-by = "demo"', "", "not of the form that PEP 751 asks for: Missing required", ""),
        ("pylock.toml", 'name = "torch"', 'name = "Torch"', "Name 'Torch' is not normalized", "Torch"),
        ("pylock.toml", "'socks' in extras", "socks", "not of the form that PEP 751 asks for: ", "requests"),
        ("pylock.toml", 'requires-python = ">=3.9"\nindex', 'requires-python = "3"\nindex', "PEP 751", "numpy"),
        ("pylock.toml", f', hashes = {{ sha256 = "{B}" }} }},', " },", "Missing required value", "numpy"),
        (
            "pylock.toml",
            f'sha256 = "{C}", md5',
            "md5",
            "numpy-2.0.2.tar.gz has a hash of md5 only, not of sha256.",
            "numpy",
        ),
        ("pylock.toml", C, "c", "has the hash sha256:c, which is not 64 hexadecimal digits.", "numpy"),
        ("pylock.toml", "torch-2.1.0%2Bcpu-py3-none-any.whl", "main.zip", "The version is not given", "torch"),
        ("pylock.toml", "torch-2.1.0%2Bcpu-py3-none-any.whl", "%2Fx", "has no usable name", "torch"),
        (
            "pylock.toml",
            'directory = { path = ".", editable = true }',
            'vcs = { type = "hg", url = "https://files.example/demo", commit-id = "0" }',
            "demo is a checkout of version control",
            "demo",
        ),
        (
            "pylock.toml",
            '{ name = "idna" }',
            "{ version = '1' }",
            "`name` is not there, expected a string.",
            "requests",
        ),
        ("pylock.toml", "os_name == 'nt'", "os", "'numpy==2.00.2 ; os' is not a dependency.", "requests"),
        ("uv.lock", "version = 1\n", "version = \n", "uv.lock is not valid TOML: ", ""),
        ("uv.lock", "version = 1\n", "version = 2\n", "uv.lock has the version 2, the only one", ""),
        ("uv.lock", "version = 1\n", "\n", "uv.lock has the version None, expected 1.", ""),
        ("uv.lock", "[[package]]", "[[distribution]]", "uv.lock has no [[package]] tables.", ""),
        ("uv.lock", f'sdist = {{ hash = "sha256:{B}" }}', "sdist = {}", "six-1.17.0.tar.gz has no hash.", "six"),
        ("uv.lock", f'sdist = {{ hash = "sha256:{B}" }}', "sdist = 1", "`sdist` is 1, expected a table.", "six"),
        ("uv.lock", f'sdist = {{ hash = "sha256:{B}" }}', "", "neither an sdist nor wheels", "six"),
        ("uv.lock", f'sdist = {{ hash = "sha256:{B}" }}', "wheels = 1", "`wheels` is not a list of tables", "six"),
        ("uv.lock", f"sha256:{B}", "sha512:0", "has a hash of sha512 only, not of sha256.", "numpy"),
        ("uv.lock", "six-1.17.0.tar.gz", "", "A file of the package has no usable name.", "six"),
        ("uv.lock", 'version = "1.17.0"', "", "`version` is not there, expected a string.", "six"),
        ("uv.lock", 'version = "1.17.0"', 'version = "x"', "six x is no name with a version.", "six"),
        ("uv.lock", 'name = "six"', 'name = "../six"', "../six 1.17.0 is no name with a version.", "../six"),
        ("uv.lock", '["brotli", "zstd"]', '"brotli"', "`extra` is not a list of strings.", "requests"),
        ("uv.lock", 'name = "pysocks"', 'name = "-"', "is not a dependency.", "requests"),
        (
            "uv.lock",
            "\"python_full_version == '3.9.*'\"",
            '"python"',
            "`resolution-markers` has something that is not a marker",
            "numpy",
        ),
        ("uv.lock", "os_name == 'os2'", "extra == 'extra-4-demo-gpu'", "which of conflicting extras", "requests"),
        (
            "uv.lock",
            "resolution-markers = [\"python_full_version >= '3.10'\"]",
            "resolution-markers = [\"python_full_version < '3.9.2'\", \"python_full_version == '3.9.*'\"]",
            "numpy is pinned to 2.0.2 and to 2.4.6, with nothing that tells when to take which.",
            "numpy",
        ),
    ],
)
def test_bad_toml(tmp_path: Path, name: str, old: str, new: str, message: str, where: str) -> None:
    text = PYLOCK if name == "pylock.toml" else UV_LOCK
    assert old in text
    with pytest.raises(UserError) as caught:
        read(tmp_path, text.replace(old, new), name)
    assert message in caught.value.what
    assert "\n" not in caught.value.what
    assert caught.value.where == str(tmp_path / name) + (f", package {where}" if where else "")
    assert caught.value.fix


def test_conflicting_extras_of_the_own_project(tmp_path: Path) -> None:
    """Only what the project itself asks for depends on the choice: each package is clear."""
    edge = '{ name = "requests", extra = ["socks"], marker = "extra == \'extra-4-demo-b\'" }'
    text = UV_LOCK.replace('{ name = "requests", extra = ["socks"] }', edge)
    assert text != UV_LOCK
    assert len(read(tmp_path, text, "uv.lock")) == 5


def test_build_constraints_of_uv(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("")
    place = tmp_path / "uv.lock"
    place.write_text(UV_LOCK)
    assert build_constraints([place, tmp_path / "r.txt"]) == ()
    entries = """{ name = "wheel" },
    { name = "setuptools", marker = "python_full_version < '4'", specifier = "<81" },"""
    place.write_text(UV_LOCK.replace("[manifest]", f"[manifest]\nbuild-constraints = [{entries}]"))
    assert build_constraints([place]) == ('setuptools<81; python_full_version < "4"', "wheel")


def test_build_constraints_that_name_no_version(tmp_path: Path) -> None:
    place = tmp_path / "uv.lock"
    entry = '{ name = "wheel", url = "https://files.example/wheel-1.0-py3-none-any.whl" }'
    place.write_text(UV_LOCK.replace("[manifest]", f"[manifest]\nbuild-constraints = [{entry}]"))
    with pytest.raises(UserError, match="The build constraint of wheel is no version"):
        build_constraints([place])
