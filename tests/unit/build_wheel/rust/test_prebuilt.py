from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from build_wheel.rust.prebuilt import Prebuilt, check_prebuilt, prebuilt_files
from common.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

ELF, MACHO, PE, COFF = b"\x7fELF\2\1\1", b"\xcf\xfa\xed\xfe\7\0\0\1", b"MZ" + bytes(70), b"\x64\x86\3\0" + bytes(20)
UNIVERSAL, JAVA = b"\xca\xfe\xba\xbe\0\0\0\2" + bytes(20), b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(20)


def library(*objects: tuple[str, bytes]) -> bytes:
    """A static library."""
    made = b"!<arch>\n"
    for name, content in objects:
        made += f"{name + '/':<16}{0:<12}{0:<6}{0:<6}{'644':<8}{len(content):<10}`\n".encode()
        made += content + b"\n" * (len(content) % 2)
    return made


def found(folder: Path, **files: bytes) -> list[tuple[str, str]]:
    """What is prebuilt in a crate with these files, by kind; `__` is a slash, `_` a point."""
    crate = folder / "crates" / "demo-1.0.0"
    for name, content in files.items():
        place = crate / name.replace("__", "/").replace("_", ".")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    made = prebuilt_files(folder / "crates")
    assert {one.crate for one in made} <= {"demo-1.0.0"}
    return [(one.file, one.kind) for one in made]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("lib__libx_so_1", ELF, "ELF"),
        ("tool", ELF, "ELF"),
        ("x_dll", PE, "PE"),
        ("x_dylib", MACHO, "Mach-O"),
        ("universal", UNIVERSAL, "Mach-O"),
        ("x_obj", COFF, "COFF"),
        ("x_o", b"\0asm\1\0\0\0", "WebAssembly"),
        ("libx_rlib", library(("lib.rmeta", b"rust\0\0\0\1"), ("x.o", ELF)), "ELF"),
        ("libx_a", library(("", b"index"), ("x.o", ELF)), "ELF"),
        ("windows_lib", library(("", b"index"), ("x.o", COFF)), "COFF"),
        ("import_lib", library(("user32.dll", b"\0\0\xff\xff\0\0d\x86")), "COFF"),
        ("thin_a", b"!<thin>\n", "another form"),
        ("damaged_a", b"!<arch>\nx", "another form"),
        ("odd_so", b"\x01\x02\0\3", "another form"),
        ("text_so", b"INPUT(-lx)\n", ""),
        ("text_o", b"", ""),
        ("data_bin", COFF, ""),
        ("Main_class", JAVA, ""),
        ("src__lib_rs", b"fn main() {}\n", ""),
    ],
)
def test_what_is_prebuilt(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    file = name.replace("__", "/").replace("_", ".")
    assert found(tmp_path, **{name: content}) == ([(file, kind)] if kind else [])


def test_what_a_compiler_made_is_recognised(tmp_path: Path) -> None:
    crate = tmp_path / "real-1.0.0"
    crate.mkdir()
    (crate / "x.c").write_text("int x;\n")
    subprocess.run("gcc -c x.c && ar rc libx.a x.o && mv x.o data", cwd=crate, shell=True, check=True)
    assert prebuilt_files(tmp_path) == [Prebuilt("real-1.0.0", "data", "ELF"), Prebuilt("real-1.0.0", "libx.a", "ELF")]


def test_crates_may_be_links(tmp_path: Path) -> None:
    """So a build has them."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real/libx.so").write_bytes(ELF)
    (tmp_path / "real/nowhere.so").symlink_to("missing")
    (tmp_path / "crates").mkdir()
    (tmp_path / "crates/demo-1.0.0").symlink_to(tmp_path / "real")
    assert prebuilt_files(tmp_path / "crates") == [Prebuilt("demo-1.0.0", "libx.so", "ELF")]


LINUX = [Prebuilt("ring-0.17.8", "lib/libring.a", "ELF"), Prebuilt("old-0.1.0", "x.a", "another form")]
OTHERS = [
    Prebuilt("windows_x86_64_gnu-0.52.6", "lib/libwindows.a", "COFF"),
    Prebuilt("psm-0.1.30", "src/arch/wasm32.o", "WebAssembly"),
    Prebuilt("x-1.0.0", "x.dylib", "Mach-O"),
    Prebuilt("x-1.0.0", "x.dll", "PE"),
]


def test_the_refusal_names_what_it_is_and_what_to_write() -> None:
    with pytest.raises(UserError) as caught:
        check_prebuilt([*LINUX, *OTHERS], (), "//x:wheel")
    assert str(caught.value) == (
        "//x:wheel: crates bring what was not built from source:\n"
        "  ring-0.17.8/lib/libring.a (ELF)\n"
        "  old-0.1.0/x.a (another form)\n"
        "  where: old-0.1.0, ring-0.17.8\n"
        "  fix:   Build it from source: with another version of the crate or other features of it, in Cargo.toml, or "
        "with `native_deps`. If the build does not use it, or you trust who has built it, allow it by its name:\n"
        "    ring-0.17.8/lib/libring.a"
    )


def test_what_is_for_other_systems_gets_into_no_wheel_for_linux() -> None:
    check_prebuilt(OTHERS, (), "//x:wheel")


def test_what_is_allowed_by_name() -> None:
    check_prebuilt(LINUX, ("ring-0.17.8/*", "old-*/x.a"), "//x:wheel")
    with pytest.raises(UserError, match=r"a crate brings what was not built from source:\n  old-0\.1\.0/x\.a"):
        check_prebuilt(LINUX, ("ring-0.17.8/*",), "//x:wheel")


def test_a_long_list_is_cut() -> None:
    many = [Prebuilt("x-1.0.0", f"{number}.o", "ELF") for number in range(12)]
    with pytest.raises(UserError, match="and 2 more"):
        check_prebuilt(many, (), "//x:wheel")
