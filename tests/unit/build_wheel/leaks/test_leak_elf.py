from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING

import pytest
from leaking_wheels import BUILD, NAME, compiled, search, told

from build_wheel.leaks.finding import Build
from build_wheel.leaks.secret import Secret
from formats.elf import read_elf

if TYPE_CHECKING:
    from pathlib import Path


def test_an_ordinary_library_is_clean(tmp_path: Path) -> None:
    """With a build id, debug information and a relative search path: nothing of them is the machine's."""
    library = compiled(tmp_path, "-O2", "-g", f"-ffile-prefix-map={tmp_path}=/build", "-Wl,-rpath,$ORIGIN/../demo.libs")
    assert read_elf(library).build_id()
    assert search(tmp_path, library) == []


@pytest.mark.parametrize("tag", ["RPATH", "RUNPATH"])
def test_search_path_of_a_machine(tmp_path: Path, tag: str) -> None:
    new = "--enable-new-dtags" if tag == "RUNPATH" else "--disable-new-dtags"
    library = compiled(
        tmp_path, "-Wl,-rpath,$ORIGIN:/opt/x/lib:/usr/lib/demo:/home/b/lib", f"-Wl,{new},--build-id=none"
    )
    leaks = search(tmp_path, library)
    assert told(leaks) == [(f"DT_{tag}", "/opt/x/lib"), (f"DT_{tag}", "/home/b/lib")]
    assert all(library[leak.offset :].startswith(leak.value.encode()) for leak in leaks)
    assert "$ORIGIN" in leaks[0].fix


def test_search_path_that_the_sdist_has(tmp_path: Path) -> None:
    library = compiled(tmp_path, "-Wl,-rpath,/opt/x/lib")
    assert search(tmp_path, library, inputs=[b"LDFLAGS += -Wl,-rpath,/opt/x/lib"]) == []


def test_search_path_in_the_build_root_is_told_as_such_and_once(tmp_path: Path) -> None:
    library = compiled(tmp_path, "-Wl,-rpath,/home/b/root/lib", "-Wl,--build-id=none")
    secrets = [Secret("build path", "/home/b/root", "where"), Secret("user name", "b", "who")]
    assert told(search(tmp_path, library, secrets=secrets)) == [("DT_RUNPATH", "/home/b/root/lib")]


def test_library_needed_by_its_path(tmp_path: Path) -> None:
    """The linker records a path where the library has no SONAME."""
    compiled(tmp_path / "other")
    (tmp_path / "other/demo.so").rename(tmp_path / "other/libother.so")
    path = str(tmp_path / "other/libother.so")
    assert told(search(tmp_path, compiled(tmp_path, "-Wl,--no-as-needed", path)))[0] == ("DT_NEEDED", path)


def test_libpython(tmp_path: Path) -> None:
    name = "libpython3.11.so.1.0"
    compiled(tmp_path / "other", f"-Wl,-soname,{name}")
    library = compiled(tmp_path, "-Wl,--no-as-needed", str(tmp_path / "other/demo.so"), "-Wl,--build-id=none")
    leaks = search(tmp_path, library)
    assert told(leaks) == [("DT_NEEDED", name)]
    assert "without -lpython" in leaks[0].fix
    declared = Build(BUILD.started, BUILD.ended, libraries=frozenset({"libpython3.11.so"}))
    assert search(tmp_path, library, build=declared) == []


def test_a_library_of_the_sdist_is_what_it_is(tmp_path: Path) -> None:
    """What was in the inputs as it is says nothing of this build."""
    compiled(tmp_path / "other", "-Wl,-soname,libpython3.9.so.1.0")
    library = compiled(tmp_path, "-Wl,--no-as-needed", str(tmp_path / "other/demo.so"))
    assert search(tmp_path, library) != []
    assert search(tmp_path, library, inputs=[library]) == []


def test_symbol_of_a_temporary_file(tmp_path: Path) -> None:
    """Assembled and linked by one command, the object file's random name is in the symbol table."""
    (tmp_path / "low.s").write_text(".text\nlocal: nop\n.section .note.GNU-stack\n")
    command = ["gcc", "-shared", "low.s", "-Wl,--build-id=none", "-o", "low.so"]
    subprocess.run(command, cwd=tmp_path, check=True)
    (leak,) = search(tmp_path, (tmp_path / "low.so").read_bytes())
    assert leak.kind == "symbol of a temporary file"
    assert leak.value.startswith("cc")
    assert "two steps" in leak.fix
    subprocess.run(["gcc", "-c", "low.s"], cwd=tmp_path, check=True)
    subprocess.run([*command[:2], "low.o", *command[3:]], cwd=tmp_path, check=True)
    assert search(tmp_path, (tmp_path / "low.so").read_bytes()) == []


@pytest.mark.parametrize("flags", [("-g",), ("-g", "-gz=zlib"), ("-frecord-gcc-switches",)])
def test_switches_for_this_cpu(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """As GCC records them for -march=native, and as others do; .debug_str is read where it is compressed, too."""
    recorded = "GNU C17 12.2.0 -march=znver3 --param=l1-cache-size=32 -O2"
    section = ".GCC.command.line" if flags == ("-frecord-gcc-switches",) else ".debug_str"
    source = f'asm(".pushsection {section},\\"MS\\",@progbits,1; .string \\"{recorded}\\"; .popsection");\n'
    library = compiled(tmp_path, *flags, f"-ffile-prefix-map={tmp_path}=/build", "-Wl,--build-id=none", source=source)
    assert told(search(tmp_path, library)) == [(f"compiler switch in {section}", "--param=l1-cache-size=32")]


def test_talk_of_switches_is_not_a_switch(tmp_path: Path) -> None:
    source = 'const char *flags = "-O3 -march=native --param=l1-cache-size=32";\n'
    library = compiled(tmp_path, "-g3", f"-ffile-prefix-map={tmp_path}=/build", source=source)
    assert search(tmp_path, library) == []


def test_compressed_debug_information_is_searched(tmp_path: Path) -> None:
    folder = tmp_path / "a/very/particular/folder"
    library = compiled(folder, "-g3", "-gdwarf-4", "-gz=zlib", "-Wl,--build-id=none")
    assert str(folder).encode() not in library
    leaks = search(tmp_path, library, secrets=[Secret("build path", str(folder), "where")])
    assert [(leak.member, leak.kind) for leak in leaks] == [(f"{NAME}: .debug_str", "build path")]


def test_build_id_follows_from_the_rest(tmp_path: Path) -> None:
    library = compiled(tmp_path, "-Wl,-rpath,/opt/x/lib")
    leaks = search(tmp_path, library)
    assert told(leaks) == [("DT_RUNPATH", "/opt/x/lib"), ("build id", read_elf(library).build_id())]
    assert library[leaks[1].offset :].startswith(bytes.fromhex(leaks[1].value))


def test_damaged_files(tmp_path: Path) -> None:
    whole = compiled(tmp_path, "-g", "-gz=zlib", "-Wl,-rpath,/opt/x/lib")
    dice = random.Random(5)
    table = int.from_bytes(whole[40:48], "little")
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            place = dice.choice((dice.randrange(64), dice.randrange(table, len(data)), dice.randrange(len(data))))
            data[place] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        search(tmp_path, bytes(data[: dice.choice((len(data), dice.randrange(len(data))))]))
