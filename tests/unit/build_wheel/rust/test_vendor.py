"""The crates that cargo sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from build_wheel.params import Crate, Rust
from build_wheel.rust.vendor import vendor
from isolation.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path


def crate(layout: Layout, name: str, *renamed: str) -> Crate:
    root = layout.execroot / "external" / name / "crate"
    (root / "src").mkdir(parents=True)
    (root / "src" / "lib.rs").write_text(name)
    for file in renamed:
        place = root / file
        place.parent.mkdir(exist_ok=True)
        place.with_name(f"CRATE_FILE.{place.name}").write_text("a package")
    return Crate(name, "1.0.0", "0" * 64, f"external/{name}/crate", renamed)


def made(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path, tmp_path / "root")
    layout.create()
    return layout


def test_each_crate_is_in_the_source_that_cargo_is_told_of(tmp_path: Path) -> None:
    layout = made(tmp_path)
    vendor(layout, Rust("cargo", "rustc", (), (crate(layout, "one"), crate(layout, "two")), None))
    assert [place.name for place in sorted(layout.crates.iterdir())] == ["one-1.0.0", "two-1.0.0"]
    assert (layout.crates / "one-1.0.0" / "src" / "lib.rs").read_text() == "one"
    assert f'directory = "{layout.crates}"' in (layout.cargo_home / "config.toml").read_text()


def test_renamed_files_have_their_names_again(tmp_path: Path) -> None:
    layout = made(tmp_path)
    vendor(layout, Rust("cargo", "rustc", (), (crate(layout, "one", "BUILD", "deep/BUILD.bazel"),), None))
    root = layout.crates / "one-1.0.0"
    found = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert found == {"BUILD", "deep/BUILD.bazel", "src/lib.rs"}


def test_three_hundred_are_linked_and_not_copied(tmp_path: Path) -> None:
    layout = made(tmp_path)
    crates = tuple(crate(layout, f"crate{number}") for number in range(300))
    vendor(layout, Rust("cargo", "rustc", (), crates, None))
    assert all(place.is_symlink() for place in layout.crates.iterdir())
