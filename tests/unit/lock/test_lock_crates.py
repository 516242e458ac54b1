"""The crates of an sdist, and the Cargo.lock that is made where there is none that will do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from rust_sdists import PYPROJECT, SUM, cargo_lock, entry, fake_cargo, find, manifest, own, tree

from common.errors import UserError
from lock.lockfile import LockedCrate
from lock.overrides import Override

if TYPE_CHECKING:
    from pathlib import Path

MADE = "demo-1.0.Cargo.lock"
FILES = {
    "pyproject.toml": PYPROJECT,
    "Cargo.toml": manifest('itoa = "1"'),
    "Cargo.lock": cargo_lock(
        own("itoa"), entry("itoa", "1.0.1", "ryu"), entry("ryu", "1.0.0"), entry("unused", "1.0.0")
    ),
}
WITHOUT = {name: text for name, text in FILES.items() if name != "Cargo.lock"}
NEW = cargo_lock(own("itoa"), entry("itoa", "1.0.19"))
GIT = 'itoa = { git = "https://git.example/itoa" }'


@pytest.fixture(autouse=True)
def _no_cargo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.defpath)


def use(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str = NEW, *, fails: str = "") -> None:
    """Puts a cargo on PATH, and gives its user a configuration."""
    monkeypatch.setenv("PATH", f"{fake_cargo(folder, text, fails=fails)}:{os.defpath}")
    monkeypatch.setenv("CARGO_HOME", str(tree(folder / "home", {"config.toml": "# the user's\n"})))


def failure(folder: Path, files: dict[str, str], override: Override | None = None) -> UserError:
    with pytest.raises(UserError) as caught:
        find(folder, tree(folder / "source", files), override)
    return caught.value


def test_what_is_reached_from_the_sdist_without_cargo(tmp_path: Path) -> None:
    found, made = find(tmp_path, tree(tmp_path / "source", FILES))
    assert found
    assert found.crates == (LockedCrate("itoa", "1.0.1", SUM), LockedCrate("ryu", "1.0.0", SUM))
    assert found.cargo_lock is None
    assert not made


def test_no_rust_at_all(tmp_path: Path) -> None:
    source = tree(tmp_path / "source", {**FILES, "pyproject.toml": ""})
    assert find(tmp_path, source, requires=["setuptools"], backend="setuptools.build_meta") == (None, {})
    assert find(tmp_path, source, Override(rust=False)) == (None, {})
    found, _ = find(tmp_path, source, Override(rust=True), requires=["setuptools"], backend="setuptools.build_meta")
    assert found
    assert len(found.crates) == 2
    alone = tree(tmp_path / "alone", {"setup.py": ""})
    found, _ = find(tmp_path, alone, requires=["setuptools-rust"], backend="setuptools.build_meta")
    assert found
    assert found.crates == ()


def test_what_a_workspace_cut_for_the_sdist_lacks_is_not_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A member that is gone, and what only that one needs."""
    more = entry("other", "0.1.0", "ryu", "big", source="") + entry("big", "1.0.0")
    source = tree(tmp_path / "source", {**FILES, "Cargo.lock": FILES["Cargo.lock"] + more})
    found, made = find(tmp_path, source)
    assert found
    assert [crate.name for crate in found.crates] == ["itoa", "ryu"]
    assert not made
    assert "NOTE: demo 1.0 leaves out what its Cargo.lock names: other.\n" in capsys.readouterr().err


def test_no_cargo_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    use(tmp_path, monkeypatch)
    files = {**WITHOUT, ".cargo/config.toml": "# the sdist's\n", "rust-toolchain.toml": ""}
    found, made = find(tmp_path, tree(tmp_path / "source", files))
    assert found
    assert [crate.key for crate in found.crates] == ["itoa-1.0.19"]
    assert found.cargo_lock == tmp_path / "cargo_locks" / MADE
    assert made == {found.cargo_lock: NEW}
    arguments, folder, home, *rest = (tmp_path / "called").read_text().splitlines()
    assert arguments.startswith("generate-lockfile")
    assert folder == "/"
    assert home != str(tmp_path / "home")
    assert rest == ["# the user's"]
    told = f"cargo makes cargo_locks/{MADE}, to be checked in, and exported (exports_files)"
    said = f"NOTE: demo 1.0 has no Cargo.lock; {told}.\n"
    assert said in capsys.readouterr().err
    assert not (tmp_path / "source" / "Cargo.lock").exists()


def test_one_that_was_made_is_kept(tmp_path: Path) -> None:
    old = cargo_lock(own("itoa"), entry("itoa", "1.0.7"))
    tree(tmp_path, {f"cargo_locks/{MADE}": old})
    found, made = find(tmp_path, tree(tmp_path / "source", WITHOUT))
    assert found
    assert [crate.key for crate in found.crates] == ["itoa-1.0.7"]
    assert found.cargo_lock == tmp_path / "cargo_locks" / MADE
    assert not made


def test_upgrade_of_a_crate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(tmp_path, monkeypatch)
    old = cargo_lock(own("itoa"), entry("itoa", "1.0.7"))
    tree(tmp_path, {f"cargo_locks/{MADE}": old})
    source = tree(tmp_path / "source", WITHOUT)
    assert not find(tmp_path, source, upgrade=["another"])[1]
    _, made = find(tmp_path, source, upgrade=["itoa"])
    assert list(made.values()) == [NEW]
    called = (tmp_path / "called").read_text()
    assert called.startswith("update --package=itoa@1.0.7 ")
    assert called.endswith(old)


def test_a_stale_one_is_where_cargo_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(tmp_path, monkeypatch)
    files = {**FILES, "Cargo.toml": manifest('itoa = "1.0.19"', 'serde = "1"')}
    _, made = find(tmp_path, tree(tmp_path / "source", files))
    assert list(made.values()) == [NEW]
    called = (tmp_path / "called").read_text()
    assert called.startswith("update --workspace ")
    assert called.endswith(FILES["Cargo.lock"])
    said = "demo 1.0 has a stale Cargo.lock, which lacks itoa 1.0.19 (for demo), serde 1 (for demo); cargo makes"
    assert said in capsys.readouterr().err


def test_no_cargo(tmp_path: Path) -> None:
    error = failure(tmp_path, WITHOUT)
    assert error.what == "There is no `cargo` on PATH to make the Cargo.lock that demo lacks."
    assert error.where == "Cargo.toml of demo"
    assert error.fix.startswith("Install Rust; only `lock` needs it there. Or write a Cargo.lock")
    assert error.fix.endswith('under [distributions.demo] in them: cargo_lock = "//:demo.Cargo.lock".')


def test_a_folder_in_the_place_of_a_cargo_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(tmp_path, monkeypatch)
    _, made = find(tmp_path, tree(tmp_path / "source", {**WITHOUT, "Cargo.lock/x": ""}))
    assert list(made.values()) == [NEW]


def test_cargo_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(tmp_path, monkeypatch, fails="no matching package named `itoa` found")
    error = failure(tmp_path, WITHOUT)
    assert error.what.splitlines()[1:] == ["error: no matching package named `itoa` found"]
    assert error.where == "cargo generate-lockfile"


def test_a_crate_from_git_is_not_even_fetched(tmp_path: Path) -> None:
    error = failure(tmp_path, {**WITHOUT, "Cargo.toml": manifest(GIT)})
    assert error.what == "The crate itoa comes from the git repository https://git.example/itoa, not from a registry."
    assert error.where == "Cargo.toml of demo"
    assert '`itoa = "VERSION"` in place of `git = ...`' in error.fix


def test_a_cargo_lock_of_the_users_own(tmp_path: Path) -> None:
    tree(tmp_path, {"MODULE.bazel": "", "a/demo.lock": cargo_lock(own("itoa"), entry("itoa", "1.0.5"))})
    source = tree(tmp_path / "source", FILES)
    found, made = find(tmp_path, source, Override(attributes={"cargo_lock": "//a:demo.lock"}))
    assert found
    assert [crate.key for crate in found.crates] == ["itoa-1.0.5"]
    assert found.cargo_lock == tmp_path / "a" / "demo.lock"
    assert not made


@pytest.mark.parametrize(
    ("label", "requires", "what"),
    [
        ("demo.lock", ["maturin"], "'demo.lock' names no file of this workspace."),
        ("@other//:demo.lock", ["maturin"], "'@other//:demo.lock' names no file of this workspace."),
        ("//:none.lock", ["maturin"], "none.lock can't be read"),
        ("//:demo.lock", ["maturin"], "demo.lock lacks what Cargo.toml asks for: itoa 1 (for demo)."),
        ("//:demo.lock", ["setuptools"], "`cargo_lock` of demo is for nothing"),
    ],
)
def test_a_cargo_lock_of_the_users_own_that_will_not_do(
    tmp_path: Path, label: str, requires: list[str], what: str
) -> None:
    tree(tmp_path, {"MODULE.bazel": "", "demo.lock": cargo_lock(own())})
    override = Override(attributes={"cargo_lock": label})
    with pytest.raises(UserError) as caught:
        find(tmp_path, tree(tmp_path / "source", FILES), override, requires=requires, backend="")
    assert what in caught.value.what
    assert "[distributions.demo] of the overrides" in caught.value.where


def test_two_workspaces(tmp_path: Path) -> None:
    setup = "setup(rust_extensions=[RustExtension('a', 'a/Cargo.toml'), RustBin('b', path='b/Cargo.toml')])"
    alone = {f"{name}/Cargo.toml": manifest(f'{name}1 = "1"') for name in "ab"}
    locks = {f"{name}/Cargo.lock": cargo_lock(own(f"{name}1"), entry(f"{name}1", "1.0.0")) for name in "ab"}
    source = tree(tmp_path / "source", {"setup.py": setup, **alone, **locks})
    found, _ = find(tmp_path, source, requires=["setuptools-rust"], backend="setuptools.build_meta")
    assert found
    assert [crate.key for crate in found.crates] == ["a1-1.0.0", "b1-1.0.0"]
