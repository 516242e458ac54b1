from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING

import pytest
from archives import make_wheel
from diffed_wheels import C_SOURCE, Result, run, shared_library

from formats.elf import ElfError, read_elf
from wheel_diff.kinds.by_content import compare_contents

if TYPE_CHECKING:
    from pathlib import Path

NAME = "demo/_yaml.so"


def diff(folder: Path, a: bytes, b: bytes, name: str = NAME) -> Result:
    one, two = make_wheel(folder / "wheels/a", {name: a}), make_wheel(folder / "wheels/b", {name: b})
    return run(one, two)


def causes(result: Result) -> list[str]:
    """The lines of the summary, without the fixes."""
    lines = result.lines[1 : result.lines.index("")]
    return [line.strip() for line in lines if not line.startswith("    fix: ")]


@pytest.mark.parametrize("flags", [("-O2", "-g"), ("-O2",), ("-O2", "-g", "-gdwarf-4"), ("-O0", "-g3", "-gz=zlib")])
def test_build_path(tmp_path: Path, flags: tuple[str, ...]) -> None:
    a = shared_library(tmp_path / "pip-install-x/demo", *flags)
    b = shared_library(tmp_path / "pip-install-another/demo", *flags)
    result = diff(tmp_path, a, b)
    assert result.code == 1
    assert "build path (pip's temporary folder" in result.head
    assert f"of {NAME}: both were compiled without rules_sdist's compiler wrapper" in result.head
    assert "-ffile-prefix-map=<build path>=/build" in result.head
    assert len(causes(result)) == 1  # moved addresses are no cause of their own
    assert f"- {tmp_path}/pip-install-x/demo/_yaml.c" in result.output
    assert "build id: - " in result.output


def test_build_path_of_one_side(tmp_path: Path) -> None:
    mapped = shared_library(tmp_path / "one", "-O2", f"-ffile-prefix-map={tmp_path / 'one'}=/build")
    result = diff(tmp_path, mapped, shared_library(tmp_path / "two", "-O2"))
    assert "B was compiled without rules_sdist's compiler wrapper" in result.head


@pytest.mark.parametrize("place", ["/build", "/execroot/external/x", "/python/include"])
def test_what_the_wrapper_has_mapped_is_no_build_path(tmp_path: Path, place: str) -> None:
    """Where only one of the two has debug information, only that one has these paths."""
    mapped = f"-ffile-prefix-map={tmp_path}={place}"
    result = diff(tmp_path, shared_library(tmp_path, mapped, "-g"), shared_library(tmp_path, mapped))
    assert not [cause for cause in causes(result) if "build path" in cause]


def test_container_flags(tmp_path: Path) -> None:
    a = shared_library(tmp_path, "-O2", "-g", "-fstack-protector")
    result = diff(tmp_path, a, shared_library(tmp_path, "-O3"))
    assert result.code == 1
    flags = f"compiler flags in {NAME}: compiled with -O2 -g -fstack-protector in A"
    assert causes(result)[0].startswith(flags)
    assert flags in result.head
    assert "    - -fstack-protector: __stack_chk_fail is called" in result.lines
    assert any("DW_AT_producer" in line and "-fstack-protector" in line for line in result.lines)


def test_recorded_flags(tmp_path: Path) -> None:
    result = diff(tmp_path, shared_library(tmp_path, "-O2", "-g"), shared_library(tmp_path, "-O3", "-g"))
    assert causes(result) == [f"compiler flags in {NAME}: compiled with -O2 in A, -O3 in B"]


def test_flags_that_nothing_records(tmp_path: Path) -> None:
    result = diff(tmp_path, shared_library(tmp_path, "-O1"), shared_library(tmp_path, "-O3"))
    assert causes(result)[0].startswith(f"machine code in .text of {NAME}: ")
    assert "other optimisation flags, other headers or another source" in result.head


def test_other_compiler(tmp_path: Path) -> None:
    a = shared_library(tmp_path, "-O2")
    b = a.replace(b"GCC: (", b"GCC: {", 1)
    start = b.index(b"GCC: {")
    end = b.index(b"\0", start)
    b = b[:start] + b"GCC: (Other 9.9.9-1) 9.9.9".ljust(end - start, b"+") + b[end:]
    result = diff(tmp_path, a, b)
    assert causes(result)[0].startswith(f"compiler in .comment of {NAME}: another version: GCC: (")


def test_build_time(tmp_path: Path) -> None:
    source = C_SOURCE + 'const char *built(void) { return __DATE__ " " __TIME__; }\n'
    a = shared_library(tmp_path, "-O2", "-Wno-builtin-macro-redefined", '-D__TIME__="01:02:03"', source=source)
    b = shared_library(tmp_path, "-O2", "-Wno-builtin-macro-redefined", '-D__TIME__="21:22:23"', source=source)
    assert causes(diff(tmp_path, a, b)) == [
        f"build time in .rodata of {NAME}: the date or time of the build is recorded"
    ]


def stripped(folder: Path, library: bytes, *options: str) -> bytes:
    file = folder / "stripped.so"
    file.write_bytes(library)
    subprocess.run(["strip", *options, str(file)], check=True)
    return file.read_bytes()


def test_build_id_of_stripped_debug_information(tmp_path: Path) -> None:
    source = C_SOURCE.replace("    assert(text);\n", "")
    a, b = (
        stripped(tmp_path, shared_library(tmp_path / side, "-O2", "-g", source=source), "--strip-debug")
        for side in ("one", "two")
    )
    assert causes(diff(tmp_path, a, b)) == [
        f"build id in {NAME}: only the build id differs: debug information differed (its paths or flags) and was "
        "stripped after linking"
    ]


def test_stripped(tmp_path: Path) -> None:
    library = shared_library(tmp_path, "-O2")
    result = diff(tmp_path, library, stripped(tmp_path, library))
    assert causes(result) == [
        f"symbols in .symtab of {NAME}: one of them was stripped of its symbol table (strip, -s, auditwheel)"
    ]


def test_search_path_and_needed_libraries(tmp_path: Path) -> None:
    a = shared_library(tmp_path, "-O2", "-Wl,-rpath,/opt/one/lib")
    b = shared_library(tmp_path, "-O2", "-Wl,-rpath,/opt/two/lib", "-Wl,--no-as-needed", "-lm")
    result = diff(tmp_path, a, b)
    assert {"  .dynamic RUNPATH: - /opt/one/lib", "  .dynamic RUNPATH: + /opt/two/lib"} <= set(result.lines)
    assert "  .dynamic NEEDED: + libm.so.6" in result.lines
    assert "library search path in .dynamic RUNPATH" in result.head
    assert "shared libraries in .dynamic NEEDED" in result.head


def test_changed_code_is_no_consequence(tmp_path: Path) -> None:
    a = shared_library(tmp_path, "-O2")
    section = next(section for section in read_elf(a).sections if section.name == ".text")
    place = a.index(section.data) + 40
    b = a[:place] + bytes(byte ^ 0x5A for byte in a[place : place + 4]) + a[place + 4 :]
    result = diff(tmp_path, a, b)
    assert "machine code in .text" in result.head
    assert f"  .text: 4 bytes of {len(section.data)} differ" in result.lines


def test_changed_data_is_no_consequence_of_a_path(tmp_path: Path) -> None:
    source = C_SOURCE.replace("    assert(text);\n", "") + "int limits[4] = {1, 2, LAST};\n"
    a = shared_library(tmp_path / "a", "-O2", "-DLAST=3", "-g", source=source)
    b = shared_library(tmp_path / "b", "-O2", "-DLAST=9", "-g", source=source)
    result = diff(tmp_path, a, b)
    assert "build path" in result.head
    assert "  .data:" in result.lines
    assert not any(".data:" in line and "a consequence" in line for line in result.lines)


def test_changed_table_is_no_consequence_of_debug_information(tmp_path: Path) -> None:
    source = C_SOURCE.replace("    assert(text);\n", "")
    a, b = (shared_library(tmp_path / side, "-O2", "-g", source=source) for side in ("a", "b"))
    section = next(section for section in read_elf(b).sections if section.name == ".dynsym")
    place = b.index(section.data) + section.size - 16
    changed = b[:place] + bytes([b[place] ^ 0x10]) + b[place + 1 :]
    assert not any(".dynsym" in line for line in diff(tmp_path, a, b).lines)
    assert "  .dynsym:" in diff(tmp_path, a, changed).lines


def test_bytes_outside_of_sections(tmp_path: Path) -> None:
    a = shared_library(tmp_path, "-O2")
    b = bytearray(a)
    b[9] ^= 0xFF  # padding of the identification
    assert "  bytes outside of sections:" in diff(tmp_path, a, bytes(b)).lines


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    made = {}
    for name, modifier in (("one", "U"), ("two", "U"), ("plain", "D")):
        folder = tmp_path_factory.mktemp(name)
        (folder / "a_long_name_of_an_object.c").write_text("const char *where(void) { return __FILE__; }\n")
        file = str(folder / "a_long_name_of_an_object.c")
        command = f"gcc -c -g {file} && touch -d '2020-01-0{len(name)} 00:00' *.o && ar rc{modifier} libdemo.a *.o"
        subprocess.run(command, cwd=folder, check=True, shell=True)
        made[name] = (folder / "libdemo.a").read_bytes()
    return made


def test_static_library(tmp_path: Path, archives: dict[str, bytes]) -> None:
    result = diff(tmp_path, archives["one"], archives["two"], "demo/libdemo.a")
    assert "build path" in result.head
    assert "a_long_name_of_an_object.o: " in result.head
    result = diff(tmp_path, archives["one"], archives["plain"], "demo/libdemo.a")
    assert "archive header in a_long_name_of_an_object.o: time" in result.head


def test_damaged_files_are_compared_as_bytes(archives: dict[str, bytes], tmp_path: Path) -> None:
    for whole in (shared_library(tmp_path, "-O2"), archives["one"]):
        for end in (5, 20, 63, 100, len(whole) - 1):
            found = compare_contents("x", whole, whole[:end])
            assert found


def test_damaged_elf_files(tmp_path: Path) -> None:
    whole = shared_library(tmp_path, "-O2", "-g", "-gz=zlib")
    dice = random.Random(7)
    for _ in range(300):
        data = bytearray(whole)
        table = int.from_bytes(whole[40:48], "little")
        for _ in range(dice.randrange(1, 6)):
            place = dice.choice((dice.randrange(64), dice.randrange(table, len(data)), dice.randrange(len(data))))
            data[place] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        if bytes(data) != whole:
            assert compare_contents("x.so", whole, bytes(data))


def test_sections_that_overlap_are_refused(tmp_path: Path) -> None:
    whole = bytearray(shared_library(tmp_path, "-O2"))
    table, count = int.from_bytes(whole[40:48], "little"), int.from_bytes(whole[60:62], "little")
    for number in range(1, count):
        header = table + number * 64
        whole[header + 24 : header + 40] = bytes(8) + len(whole).to_bytes(8, "little")
    with pytest.raises(ElfError, match="overlap"):
        read_elf(bytes(whole))
