from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from compiled_crates import crate
from leaking_wheels import search, told

from build_wheel.leaks.search import leak_error
from build_wheel.leaks.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

REGISTRY = "/home/ann/.cargo/registry/src/index.example-1949cf8c6b5b557f"
COMMIT = "59807616e1fa2540724bfbac14d7976d7e4a3860"
NAME = "demo/_demo.so"
PANIC = f"/rustc/{COMMIT}/library/core/src/option.rs"


def native(*texts: str) -> bytes:
    """As rustc lays strings: one behind the other, with nothing between them."""
    return b"\x7fELF\2\1\1\0rustc version 1.95.0\0" + "".join(texts).encode() + b"called `Option::unwrap()`"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (f"{REGISTRY}/ahash-0.8.12/src/random_state.rs", "path of a crate", f"{REGISTRY}/ahash-0.8.12"),
        (
            "/opt/cargo/git/checkouts/demo-1a2b3c4d5e6f7a8b/9f8e7d6/src/lib.rs",
            "path of a crate",
            "/opt/cargo/git/checkouts/demo-1a2b3c4d5e6f7a8b/9f8e7d6",
        ),
        (
            "/home/ann/.rustup/toolchains/stable-x86_64/lib/rustlib/src/rust/library/core/src/option.rs",
            "path of a Rust toolchain",
            "/home/ann/.rustup/toolchains/stable-x86_64",
        ),
        (
            "/opt/rust/lib/rustlib/src/rust/library/core/src/option.rs",
            "path of a Rust toolchain",
            "/opt/rust/lib/rustlib/src/rust",
        ),
        ("/work/demo/src/lib.rs", "path of a Rust source", "/work/demo/src/lib.rs"),
        (
            "/work/demo/target/release/build/ring-0123456789abcdef/out",
            "OUT_DIR of a crate",
            "/work/demo/target/release/build/ring-0123456789abcdef/out",
        ),
    ],
)
def test_paths_in_native_code(tmp_path: Path, text: str, kind: str, value: str) -> None:
    """Also where no byte is between them and another path."""
    assert told(search(tmp_path, native(PANIC, text, PANIC, "src/lib.rs", text), NAME)) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    [
        PANIC,
        "/rust/deps/gimli-0.32.3/src/read/abbrev.rs",
        "/rust/lib/rustlib/src/rust/library/core/src/option.rs",
        "/cargo/registry/src/index.example-6f17d22bba15001f/gimli-0.28.1/src/read/abbrev.rs",
        "/build/v/ahash-0.8.12/src/random_state.rs",
        "/build/s/target/release/build/ring-0123456789abcdef/out",
        "/usr/src/rustc-1.85.0/library/core/src/option.rs",
        "src/lib.rs",
        "vendor/ahash-0.8.12/src/lib.rs",
        "/lib.rs",
        "https://docs.rs/demo/1.0.0/demo/struct.Demo.html",
        "https://git.example/demo/blob/main/src/lib.rs",
    ],
)
def test_what_is_the_same_everywhere(tmp_path: Path, text: str) -> None:
    assert not search(tmp_path, native(text), NAME)


def test_text_and_inputs_may_name_them(tmp_path: Path) -> None:
    path = f"{REGISTRY}/ahash-0.8.12/src/lib.rs"
    assert not search(tmp_path, f"See {path}.\n".encode(), "demo/README")
    assert not search(tmp_path, native(path), NAME, inputs=[path.encode()])


def test_each_crate_is_told_once_and_the_home_in_it_not_again(tmp_path: Path) -> None:
    paths = [f"{REGISTRY}/{name}/src/{file}.rs" for name in ("a-1.0.0", "b-1.0.0") for file in ("lib", "x", "y")]
    home = Secret("home directory", "/home/ann", "the home directory of the user who built it")
    found = search(tmp_path, native(*paths[:1], *paths), NAME, secrets=[home])
    crates = [("path of a crate", f"{REGISTRY}/{name}") for name in ("a-1.0.0", "b-1.0.0")]
    assert [one for one in told(found) if one[0] != "home directory"] == crates
    assert found[0].kind == "path of a crate"


def test_the_message_says_what_it_is_and_what_to_do(tmp_path: Path) -> None:
    found = search(tmp_path, native(f"{REGISTRY}/ahash-0.8.12/src/lib.rs"), NAME)
    said = str(leak_error(found, "demo.whl", "maturin"))
    assert f"path of a crate '{REGISTRY}/ahash-0.8.12' (where cargo had the crate ahash-0.8.12" in said
    assert "path of a crate: Let the package call `cargo` and `rustc` by these names" in said


def test_a_variable_of_cargo_in_a_string(tmp_path: Path) -> None:
    """The path of the build in Rust is most often one that rustc can't map."""
    root = Secret("build path", "/work/1a2b/demo", "the directory in which it was built")
    found = search(tmp_path, native("/work/1a2b/demo", "/data"), NAME, secrets=[root])
    assert told(found) == [("build path", "/work/1a2b/demo")]
    assert 'not what env!("CARGO_MANIFEST_DIR") and env!("OUT_DIR") put into strings' in found[0].fix
    in_text = search(tmp_path, b"/work/1a2b/demo", "demo/config.json", secrets=[root])
    assert not in_text[0].fix


def test_a_compiled_crate(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    unmapped = search(tmp_path, crate(folder), NAME)
    # Strings lie side by side, in an order by hashes: of one the beginning may be hidden behind another string.
    assert {("path of a Rust source", f"{folder}/{name}.rs") for name in ("demo", "helper")} & set(told(unmapped))
    mapped = crate(folder, f"--remap-path-prefix={folder}=/build")
    assert not search(tmp_path, mapped, NAME)


def test_a_compiled_crate_that_keeps_where_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    place = Secret("build path", str(folder), "the directory in which it was built")
    variables = {"CARGO_MANIFEST_DIR": f"{folder}/demo"}
    made = crate(folder, f"--remap-path-prefix={folder}=/build", variables=variables)
    found = search(tmp_path, made, NAME, secrets=[place])
    assert "build path" in {leak.kind for leak in found}
    assert any("CARGO_MANIFEST_DIR" in leak.fix for leak in found)
