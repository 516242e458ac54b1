from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from formats.elf import ElfError
from formats.elf_dynamic import Dynamic, open_dynamic

SOURCE = """
int from_outside(void);
int perhaps(void) __attribute__((weak));
__thread int of_a_thread;
static int own(void) { return from_outside() + (perhaps ? perhaps() : 0) + of_a_thread; }
int exported(void) { return own(); }
int exported_too(void) { return 2; }
__attribute__((visibility("hidden"))) int hidden(void) { return 3; }
"""


def compiled(folder: Path, *flags: str, source: str = SOURCE, name: str = "libdemo.so") -> Path:
    (folder / "demo.c").write_text(source)
    place = folder / name
    subprocess.run(["gcc", "-fPIC", "-shared", str(folder / "demo.c"), "-o", str(place), *flags], check=True)
    return place


@pytest.mark.parametrize("style", ["gnu", "sysv", "both"])
def test_symbols_are_those_that_the_loader_sees(tmp_path: Path, style: str) -> None:
    found = open_dynamic(compiled(tmp_path, f"-Wl,--hash-style={style}"))
    assert b"from_outside" in found.undefined()
    assert not {b"perhaps", b"own", b"exported", b"hidden"} & found.undefined()
    given = [name for name in (b"exported", b"exported_too", b"of_a_thread") if found.defines(name)]
    assert given == [b"exported", b"exported_too", b"of_a_thread"]
    assert not [name for name in (b"from_outside", b"perhaps", b"own", b"hidden", b"export") if found.defines(name)]


@pytest.mark.parametrize("style", ["gnu", "sysv"])
def test_the_sections_need_not_be_there(tmp_path: Path, style: str) -> None:
    """The loader does without them, and some tools remove them."""
    data = bytearray(compiled(tmp_path, f"-Wl,--hash-style={style}").read_bytes())
    data[40:48] = bytes(8)  # e_shoff
    found = Dynamic(bytes(data))
    assert b"from_outside" in found.undefined()
    assert found.defines(b"exported")


def test_needed_libraries_names_and_run_paths(tmp_path: Path) -> None:
    flags = ["-Wl,-soname,libdemo.so.7", "-Wl,-rpath,$ORIGIN/x", "-Wl,-rpath,/opt/lib", "-Wl,--no-as-needed", "-lm"]
    found = open_dynamic(compiled(tmp_path, *flags))
    assert found.soname == "libdemo.so.7"
    assert {"libm.so.6", "libc.so.6"} <= set(found.needed)
    assert found.run_path == ("$ORIGIN/x", "/opt/lib")
    assert not found.is_program
    assert open_dynamic(Path(sys.executable)).is_program


def test_an_object_that_exports_nothing(tmp_path: Path) -> None:
    source = "int f(void);\n__attribute__((constructor)) static void start(void) { f(); }\n"
    found = open_dynamic(compiled(tmp_path, "-nostdlib", source=source))
    assert found.undefined() == {b"f"}
    assert not found.defines(b"f")


def test_what_is_no_shared_object(tmp_path: Path) -> None:
    (tmp_path / "demo.c").write_text(SOURCE)
    subprocess.run(["gcc", "-c", str(tmp_path / "demo.c"), "-o", str(tmp_path / "demo.o")], check=True)
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("GROUP ( libm.so.6 )\n")
    for name in ("demo.o", "empty", "text"):
        with pytest.raises(ElfError):
            open_dynamic(tmp_path / name)


def test_a_damaged_file_is_an_error_and_nothing_worse(tmp_path: Path) -> None:
    data = compiled(tmp_path).read_bytes()
    for position in range(16, min(len(data), 0x1000), 3):
        for value in (0, 0xFF):
            damaged = bytearray(data)
            damaged[position] = value
            with contextlib.suppress(ElfError):
                found = Dynamic(bytes(damaged))
                found.undefined()
                found.defines(b"exported")
    for size in range(0, len(data), 97):
        with contextlib.suppress(ElfError):
            Dynamic(data[:size]).undefined()
