from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from archives import make_wheel
from compiled_crates import as_if, crate
from diffed_wheels import INFO, Result, run

if TYPE_CHECKING:
    from pathlib import Path

NAME = "demo/_demo.so"
REGISTRY = "/home/{}/.cargo/registry/src/index.example-1949cf8c6b5b557f"
COMMIT = "59807616e1fa2540724bfbac14d7976d7e4a3860"


def diff(folder: Path, a: bytes, b: bytes, name: str = NAME) -> Result:
    one, two = make_wheel(folder / "wheels/a", {name: a}), make_wheel(folder / "wheels/b", {name: b})
    return run(one, two)


def causes(result: Result) -> list[str]:
    """The lines of the summary, without the fixes."""
    lines = result.lines[1 : result.lines.index("")]
    return [line.strip() for line in lines if not line.startswith("    fix: ")]


# Really compiled.


def test_other_metadata_of_a_crate(tmp_path: Path) -> None:
    """What cargo does where a crate's features, profile, flags or rustc are others; the code is the same."""
    a, b = (crate(tmp_path, helper=(f"-Cmetadata={side}",)) for side in "ab")
    result = diff(tmp_path, a, b)
    assert len(causes(result)) == 1
    assert causes(result)[0].startswith(f"crate hashes in {NAME}: rustc was given other metadata (-C metadata)")
    assert "fix: Build both with the same rustc and cargo" in result.head
    assert "      in helper" in result.lines


def test_other_metadata_with_the_new_names(tmp_path: Path) -> None:
    a, b = (crate(tmp_path, "-Csymbol-mangling-version=v0", f"-Cmetadata={side}") for side in "ab")
    result = diff(tmp_path, a, b)
    assert [line.partition(":")[0] for line in causes(result)] == [f"crate hashes in {NAME}"]
    assert "      in demo, helper" in result.lines


def remapped(folder: Path, place: str) -> bytes:
    return crate(folder, f"--remap-path-prefix={folder}={place}")


def test_the_path_of_cargos_registry(tmp_path: Path) -> None:
    a, b = (remapped(tmp_path, f"{REGISTRY.format(user)}/helper-1.0.0/src") for user in ("ann", "bob"))
    result = diff(tmp_path, a, b)
    assert causes(result) == [
        f"build path (cargo's registry, home of user ann, bob) in .rodata of {NAME}: both were compiled without "
        "rules_sdist's rustc wrapper"
    ]
    assert "RUSTFLAGS=--remap-path-prefix=<path>=/build" in result.head


def test_the_path_of_a_toolchain_with_its_sources(tmp_path: Path) -> None:
    """With rust-src, generic code of the standard library has rustup's path in place of rustc's own."""
    a = remapped(tmp_path, "/home/ann/.rustup/toolchains/stable/lib/rustlib/src/rust/library/core/src")
    result = diff(tmp_path, a, remapped(tmp_path, f"/rustc/{COMMIT}/library/core/src"))
    assert causes(result)[0].startswith(
        f"build path (rustup's toolchain, home of user ann) in .rodata of {NAME}: A was"
    )


@pytest.mark.parametrize("place", ["/build/v", REGISTRY.format("ann"), "vendor"])
def test_another_version_of_a_crate(tmp_path: Path, place: str) -> None:
    """Also where the paths are mapped: then only versions differ in them."""
    a, b = (remapped(tmp_path, f"{place}/helper-{version}/src") for version in ("1.0.9", "1.1.0-rc.1"))
    result = diff(tmp_path, a, b)
    assert causes(result) == [f"crate versions in {NAME}: helper 1.0.9 in A, 1.1.0-rc.1 in B"]
    assert "fix: Build both with the same Cargo.lock" in result.head


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("-Coverflow-checks=on", "compiled with none of these in A, -C overflow-checks=on in B"),
        ("-Cpanic=abort", "compiled with -C panic=unwind in A, none of these in B"),
        ("-Clto=fat", "compiled with none of these in A, -C lto in B"),
    ],
)
def test_other_flags(tmp_path: Path, flags: str, said: str) -> None:
    result = diff(tmp_path, crate(tmp_path), crate(tmp_path, flags))
    assert causes(result)[0] == f"Rust flags in {NAME}: {said}"
    assert "fix: Build both with the same rustc and cargo, the same profile and the same RUSTFLAGS" in result.head
    assert not [line for line in causes(result) if "machine code" in line]


# Such as look like it.

LEGACY = "_ZN6helper5first17h{:016x}E"
PART = "helper.{:016x}-cgu.{}"
V0 = "_RNvCs{}_6helper5first"


def test_another_rustc(tmp_path: Path) -> None:
    """Its version, and the commit in its own paths, which are no paths of a build."""
    a = as_if(tmp_path, text=f"/rustc/{COMMIT}/library/core/src/option.rs")
    b = as_if(tmp_path, rustc="1.96.0", text=f"/rustc/{'a' * 40}/library/core/src/option.rs")
    assert causes(diff(tmp_path, a, b)) == [
        f"Rust compiler in .comment of {NAME}: another version: rustc version 1.95.0 (59807616e 2026-04-14) in A, "
        "rustc version 1.96.0 (59807616e 2026-04-14) in B"
    ]


def test_another_rustc_that_does_not_name_itself(tmp_path: Path) -> None:
    a, b = (as_if(tmp_path, text=f"/rustc/{commit}/library/core/src/option.rs") for commit in (COMMIT, "a" * 40))
    assert causes(diff(tmp_path, a, b)) == [
        f"Rust compiler in .rodata of {NAME}: another version: rustc of commit {COMMIT} in A, rustc of commit "
        f"{'a' * 40} in B"
    ]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((LEGACY.format(1), PART.format(1, 0)), (LEGACY.format(2), PART.format(2, 0))),
        (
            (V0.format("jrHSEGnQ3l9"), V0.format("lakpP") + "B3_"),
            (V0.format("gEmfK2I1SDS"), V0.format("lNYAr") + "B4_"),
        ),
    ],
)
def test_hashes_of_crates(tmp_path: Path, a: tuple[str, ...], b: tuple[str, ...]) -> None:
    """The names that have them are told once, not one by one."""
    result = diff(tmp_path, as_if(tmp_path, symbols=a), as_if(tmp_path, symbols=b))
    assert [line.partition(":")[0] for line in causes(result)] == [f"crate hashes in {NAME}"]
    assert not [line for line in result.lines if line.startswith("  .strtab: ")]


def test_hashes_of_crates_follow_from_versions(tmp_path: Path) -> None:
    a = as_if(tmp_path, symbols=(PART.format(1, 0),), text="/build/v/memchr-2.7.1/src/lib.rs")
    b = as_if(tmp_path, symbols=(PART.format(2, 0),), text="/build/v/memchr-2.7.2/src/lib.rs")
    result = diff(tmp_path, a, b)
    assert causes(result) == [f"crate versions in {NAME}: memchr 2.7.1 in A, 2.7.2 in B"]
    assert any(line.startswith("  crate hashes") and "a consequence" in line for line in result.lines)


def test_versions_of_rustcs_own_crates_are_no_cause(tmp_path: Path) -> None:
    a, b = (as_if(tmp_path, text=f"/rust/deps/gimli-0.32.{number}/src/lib.rs") for number in "34")
    assert not [line for line in causes(diff(tmp_path, a, b)) if "crate versions" in line or "build path" in line]


def test_codegen_units(tmp_path: Path) -> None:
    one, several = (PART.format(1, 0),), tuple(PART.format(1, number) for number in range(3))
    result = diff(tmp_path, as_if(tmp_path, symbols=one), as_if(tmp_path, symbols=several))
    assert f"Rust flags in {NAME}: compiled with -C codegen-units=1 in A, none of these in B" in causes(result)
    assert "  Rust flags: - -C codegen-units=1: helper is in 1 part in A, in 3 in B" in result.lines


# Bills of materials.

BILL = f"{INFO}/sboms/demo.cyclonedx.json"


def bill(serial: str = "", folder: str = "/build", version: str = "1.0.0", **more: object) -> bytes:
    metadata = {"timestamp": "2026-11-30T09:49:34Z"} if serial else {}
    document = {
        "bomFormat": "CycloneDX",
        **({"serialNumber": f"urn:uuid:{serial}"} if serial else {}),
        "metadata": {**metadata, "component": {"bom-ref": f"path+file://{folder}#demo@1.0"}},
        "components": [{"purl": f"pkg:cargo/helper@{version}", "name": "helper"}],
        **more,
    }
    return json.dumps(document, indent=2).encode()


ONE = bill("a1212d15-ffcc-42eb-a38c-0379b5e853c3", "/tmp/one/demo")


@pytest.mark.parametrize("other", [bill("69f5af50-665e-4fb7-8f65-426b2cfdadc9", "/tmp/two/demo"), bill()])
def test_a_bill_that_differs_only_by_chance(tmp_path: Path, other: bytes) -> None:
    """Also from one that rules_sdist has put into a wheel."""
    result = diff(tmp_path, ONE, other, BILL)
    assert len(causes(result)) == 1
    assert causes(result)[0].startswith(f"bill of materials in serial number, time and folder of {BILL}: ")
    assert "fix: Build it with py_sdist_wheel, which leaves them out" in result.head


def test_a_bill_of_other_crates(tmp_path: Path) -> None:
    result = diff(tmp_path, bill(), bill(version="1.0.1"), BILL)
    assert causes(result) == [f"crate versions in {BILL}: helper 1.0.0 in A, 1.0.1 in B"]


def test_a_bill_with_another_line(tmp_path: Path) -> None:
    result = diff(tmp_path, bill(note="a"), bill(note="b"), BILL)
    assert '    -  "note": "a"' in result.lines


def test_a_damaged_bill_is_text(tmp_path: Path) -> None:
    assert "bill of materials" not in diff(tmp_path, ONE, ONE[:-5], BILL).output
