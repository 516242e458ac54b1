"""The libraries that the native code of a wheel needs, and those that `native_deps` need themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from native_wheels import check, compiled, extension, library, params, refused

from build_wheel.cc import loader
from build_wheel.cc.loader import is_system_library
from build_wheel.cc.native_code import Source, check_bundle
from common.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


def user(folder: Path, name: str = "libhelp.so.1", symbol: str = "help") -> bytes:
    return extension(folder, f"void {symbol}(void);", f"{symbol}()", "-Wl,--no-as-needed", f"-l:{name}")


def test_libraries_of_the_wheel_give_symbols(tmp_path: Path) -> None:
    helping = library(tmp_path)
    check(tmp_path, {"demo/_demo.so": user(tmp_path), "demo.libs/libhelp.so.1": helping})
    check(tmp_path, {"demo/_demo.so": user(tmp_path), "demo.libs/other_name.so": helping})


def test_a_needed_library_that_is_nowhere_is_an_error(tmp_path: Path) -> None:
    library(tmp_path)
    message = refused(tmp_path, {"demo/_demo.so": user(tmp_path)})
    assert "can't be loaded: it needs libhelp.so.1, and neither the wheel nor this machine has that" in message
    assert '"@help//:help"],  # libhelp.so.1' in message
    check(tmp_path, {"demo/_demo.so": user(tmp_path)}, allow_unresolved=("libhelp.so.*",))


def test_libraries_of_a_build_requirement_give_symbols(tmp_path: Path) -> None:
    """As torch's: whoever imports the extension imports that first."""
    library(tmp_path / "site-packages" / "torch" / "lib")
    library(tmp_path)
    check(tmp_path, {"demo/_demo.so": user(tmp_path)}, site_packages=tmp_path / "site-packages")


def test_libraries_of_the_wheel_may_use_each_others_symbols(tmp_path: Path) -> None:
    """All that an extension needs is loaded before the first symbol is looked up."""
    one = library(tmp_path, "libone.so", "void two(void); void one(void) { two(); }")
    two = library(tmp_path, "libtwo.so", "void two(void) {}")
    code = "void one(void); void two(void);"
    data = extension(tmp_path, code, "one(); two()", "-Wl,--allow-shlib-undefined", "-l:libone.so", "-l:libtwo.so")
    check(tmp_path, {"_demo.so": data, "x/libone.so": one, "x/libtwo.so": two})
    alone = extension(tmp_path, "void one(void);", "one()", "-Wl,--allow-shlib-undefined", "-l:libone.so")
    message = refused(tmp_path, {"_demo.so": alone, "x/libone.so": one, "x/libtwo.so": two})
    assert "x/libone.so can't be loaded: " in message
    assert "has the symbols two." in message


def test_a_library_of_the_compiler_that_this_machine_does_not_have_is_given_credit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where hermetic toolchains link, it need not be installed."""
    library(tmp_path, "libgomp.so.77")
    data = user(tmp_path, "libgomp.so.77")
    check(tmp_path, {"_demo.so": data})
    monkeypatch.setattr(loader, "_COMPILERS", frozenset())
    assert "it needs libgomp.so.77" in refused(tmp_path, {"_demo.so": data})


def test_a_plug_in_may_use_what_a_program_of_the_wheel_exports(tmp_path: Path) -> None:
    program = compiled(tmp_path, "run", "void host(void) {} int main(void) { return 0; }", "-pie", "-rdynamic")
    plugin = compiled(tmp_path, "plug.so", "void host(void); void plug(void) { host(); }")
    check(tmp_path, {"demo/run": program, "demo/plug.so": plugin})
    assert "has the symbols host." in refused(tmp_path, {"demo/plug.so": plugin})


def test_what_the_sdist_brought_along_is_not_this_builds_doing(tmp_path: Path) -> None:
    data = extension(tmp_path, "void nowhere(void);", "nowhere()")
    (tmp_path / "src/demo").mkdir(parents=True)
    (tmp_path / "src/demo/_demo.so").write_bytes(data)
    check(tmp_path, {"demo/_demo.so": data}, source=Source(tmp_path, ("src/demo/_demo.so", "src/demo/gone/_demo.so")))
    (tmp_path / "src/demo/_demo.so").write_bytes(data + b"x")
    assert "nowhere" in refused(tmp_path, {"demo/_demo.so": data}, source=Source(tmp_path, ("src/demo/_demo.so",)))


def test_code_for_another_machine_and_damaged_code_is_not_looked_at(tmp_path: Path) -> None:
    other = bytearray(extension(tmp_path, "void nowhere(void);", "nowhere()"))
    other[18:20] = (8).to_bytes(2, "little")  # MIPS
    check(tmp_path, {"_demo.so": bytes(other), "cut.so": bytes(other[:100])})
    helping = bytearray(library(tmp_path))
    helping[18:20] = (8).to_bytes(2, "little")
    assert "it needs libhelp.so.1" in refused(tmp_path, {"_demo.so": user(tmp_path), "x/libhelp.so.1": bytes(helping)})


def test_the_interpreter_finds_its_libraries_outside_of_the_wheel(tmp_path: Path) -> None:
    """A wheel may have a libc.so.6 of its own, for whatever purpose; that is not the one that is loaded."""
    empty = library(tmp_path / "own", "libc.so.6", "", "-nostdlib")
    data = extension(tmp_path, "", 'getenv("X")')
    check(tmp_path, {"_demo.so": data, "x/libc.so.6": empty})


# Libraries of native_deps


def libpq(folder: Path) -> dict[str, Path]:
    library(folder, "libldap.so.2", "void ldap(void) {}")
    library(folder, "libpq.so.5", "void ldap(void); void pq(void) { ldap(); }", "-Wl,--no-as-needed", "-l:libldap.so.2")
    return {"demo.libs/libpq.so.5": folder / "libpq.so.5"}


def test_a_library_of_native_deps_whose_own_libraries_are_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        check_bundle(libpq(tmp_path), params())
    message = str(caught.value)
    assert "//third_party:demo_wheel: the library libpq.so.5 needs libldap.so.2" in message
    assert "where: `native_deps` of //third_party:demo_wheel: libpq.so.5" in message
    assert 'native_deps = [..., "@ldap//:ldap"],  # libldap.so.2' in message
    assert 'allow_unresolved = ["libldap.so.2"],' in message


def test_a_library_of_native_deps_may_need_another_or_an_allowed_one(tmp_path: Path) -> None:
    libraries = libpq(tmp_path)
    check_bundle(libraries, params(allow_unresolved=("libldap.*",)))
    check_bundle({**libraries, "demo.libs/libldap.so.2": tmp_path / "libldap.so.2"}, params())


def test_a_text_for_the_linker_needs_nothing(tmp_path: Path) -> None:
    (tmp_path / "libx.so").write_text("INPUT(-lm)\n")
    check_bundle({"demo.libs/libx.so": tmp_path / "libx.so"}, params())


def test_libraries_of_the_c_library_and_the_compiler_are_everywhere() -> None:
    known = [
        "libc.so.6",
        "ld-linux-x86-64.so.2",
        "libc.musl-x86_64.so.1",
        "libm.so.6",
        "libgcc_s.so.1",
        "libstdc++.so.6",
    ]
    assert all(map(is_system_library, known))
    others = ["libz.so.1", "libcrypt.so.1", "libmagic.so.1", "libc_client.so", "libpython3.11.so"]
    assert not any(map(is_system_library, others))
