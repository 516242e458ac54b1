from __future__ import annotations

import subprocess
import sysconfig
from typing import TYPE_CHECKING

import pytest
from actions import build_params, toolchain
from archives import make_wheel

from build_wheel.cc import loader
from build_wheel.cc.loader import is_system_library
from build_wheel.cc.native_code import Source, check_bundle, check_wheel
from build_wheel.params import Expected
from common.errors import UserError
from formats.canonical_wheel import write_canonical_wheel
from isolation.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

    from build_wheel.params import BuildParams

TAGS = "cp311-cp311-linux_x86_64"
MODULE = """
#include <Python.h>
{code}
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "{name}", NULL, -1, NULL}};
PyMODINIT_FUNC PyInit_{name}(void) {{ {call}; return PyModule_Create(&module); }}
"""


def params(**own: object) -> BuildParams:
    return build_params(**{"expected": Expected("demo", "1.0", TAGS, None), "cc": toolchain(), **own})


def compiled(folder: Path, name: str, code: str, *flags: str, compiler: str = "gcc") -> bytes:
    """A shared object, or with `-c` an object file, or with `-pie` a program."""
    folder.mkdir(parents=True, exist_ok=True)
    source, place = folder / f"{name}.{'cc' if 'std::' in code else 'c'}", folder / name
    source.write_text(code)
    kind = [] if {"-c", "-pie"} & set(flags) else ["-shared"]
    include = f"-I{sysconfig.get_path('include')}"
    line = [compiler, "-fPIC", include, *kind, str(source), "-o", str(place), f"-L{folder}", *flags]
    subprocess.run(line, check=True, capture_output=True)
    return place.read_bytes()


def extension(folder: Path, code: str, call: str, *flags: str, name: str = "_demo", compiler: str = "gcc") -> bytes:
    return compiled(folder, f"{name}.so", MODULE.format(code=code, call=call, name=name), *flags, compiler=compiler)


def check(
    folder: Path,
    files: dict[str, str | bytes],
    *,
    compression: str = "stored",
    site_packages: Path | None = None,
    source: Source | None = None,
    bundle: tuple[str, ...] = (),
    **own: object,
) -> None:
    wheel = make_wheel(folder / "made", files)
    write_canonical_wheel(wheel, folder / "finished.whl", compression=compression)
    check_wheel(
        folder / "finished.whl",
        params(**own),
        Layout(folder, folder / "root"),
        site_packages or folder / "nothing",
        source or Source(folder, ()),
        bundle,
        "a line\nerror: cmake is not there\n",
    )


def refused(folder: Path, files: dict[str, str | bytes], **own: object) -> str:
    with pytest.raises(UserError) as caught:
        check(folder, files, **own)  # type: ignore[arg-type]
    return str(caught.value)


# A wheel for a platform, without native code


def test_a_wheel_for_a_platform_without_native_code_is_an_error(tmp_path: Path) -> None:
    message = refused(tmp_path, {"demo.py": "x = 1", "_demo.so": "not what its name says"})
    assert f"//third_party:demo_wheel: the wheel has the tags {TAGS}, and no native code" in message
    assert "error: cmake is not there" in message
    assert 'wheel_tags = "py3-none-any",' in message
    assert "allow_no_native_code = True," in message


def test_a_wheel_for_a_platform_without_native_code_can_be_allowed(tmp_path: Path) -> None:
    check(tmp_path, {"demo.py": "x = 1"}, allow_no_native_code=True)


def test_a_library_of_native_deps_is_no_native_code_of_the_wheels_own(tmp_path: Path) -> None:
    """It is there with and without the extension that was to be linked with it."""
    files: dict[str, str | bytes] = {"demo.py": "x = 1", "demo.libs/libhelp.so.1": library(tmp_path)}
    assert "no native code" in refused(tmp_path, files, bundle=("demo.libs/libhelp.so.1",))
    check(tmp_path, files)


def test_a_wheel_for_any_platform_needs_no_native_code(tmp_path: Path) -> None:
    check(tmp_path, {"demo.py": "x = 1"}, expected=Expected("demo", "1.0", "py3-none-any", None))


@pytest.mark.parametrize("compression", ["stored", "deflated"])
@pytest.mark.parametrize("kind", ["extension", "program", "object", "archive"])
def test_native_code_is_told_by_its_content(tmp_path: Path, kind: str, compression: str) -> None:
    if kind == "extension":
        data, name = extension(tmp_path, "", ""), "_demo.so"
    elif kind == "program":
        data, name = compiled(tmp_path, "run", "int main(void) { return 0; }", "-pie"), "demo-1.0.data/scripts/run"
    else:
        data, name = compiled(tmp_path, "x.o", "int x;", "-c"), "demo/x.o"
    if kind == "archive":
        subprocess.run(["ar", "rcs", str(tmp_path / "libx.a"), str(tmp_path / "x.o")], check=True)
        data, name = (tmp_path / "libx.a").read_bytes(), "demo/libx.a"
    check(tmp_path, {"demo.py": "x = 1", name: data}, compression=compression)


# Undefined symbols


def test_an_extension_with_an_undefined_symbol_is_an_error(tmp_path: Path) -> None:
    data = extension(tmp_path, "void inflate(void); void deflate(void);", "inflate(); deflate()")
    message = refused(tmp_path, {"demo/_demo.so": data})
    assert (
        "//third_party:demo_wheel: demo/_demo.so can't be loaded: nothing that it is linked with, nor the "
        "interpreter, has the symbols deflate, inflate." in message
    )
    assert "where: demo/_demo.so, linked with " in message
    assert "native_deps = [" in message
    assert 'allow_unresolved = ["deflate", "inflate"],' in message


def test_symbols_that_something_else_gives_can_be_allowed(tmp_path: Path) -> None:
    data = extension(tmp_path, "void gl_a(void); void gl_b(void);", "gl_a(); gl_b()")
    check(tmp_path, {"_demo.so": data}, allow_unresolved=("gl_*",))
    assert "has the symbols gl_b." in refused(tmp_path, {"_demo.so": data}, allow_unresolved=("gl_a",))


def test_what_the_interpreter_the_c_and_the_cxx_library_give_is_no_error(tmp_path: Path) -> None:
    code = "#include <math.h>\n#include <string>\n#include <stdexcept>\n#include <pthread.h>\nthread_local int x;\n"
    code += "double y; void f() { if (pow(y, y) > 2) throw std::runtime_error(std::to_string(++x)); }\n"
    data = extension(tmp_path, code, "pthread_self(); PyErr_Clear(); f()", compiler="g++")
    check(tmp_path, {"_demo.so": data})


def test_weak_symbols_may_be_undefined(tmp_path: Path) -> None:
    data = extension(tmp_path, "void perhaps(void) __attribute__((weak));", "if (perhaps) perhaps()")
    check(tmp_path, {"_demo.so": data})


def test_symbols_of_a_sanitizer_come_with_it(tmp_path: Path) -> None:
    check(tmp_path, {"_demo.so": extension(tmp_path, "void __asan_init(void);", "__asan_init()")})


def test_cxx_that_is_linked_as_c_is_told_so(tmp_path: Path) -> None:
    code = "#include <string>\nstd::string *made() { return new std::string(40, 'x'); }\n"
    data = extension(tmp_path, code, "made()")  # gcc, unlike g++, does not link the library
    message = refused(tmp_path, {"_demo.so": data})
    assert "It has C++ code and is linked as C" in message
    assert 'linkopts = ["-lstdc++"]' in message


def test_a_symbol_that_this_python_does_not_have_is_told_so(tmp_path: Path) -> None:
    data = extension(tmp_path, "void PyOld_Function(void);", "PyOld_Function()")
    assert "It was written for other Pythons" in refused(tmp_path, {"_demo.so": data})


# Libraries


def library(folder: Path, name: str = "libhelp.so.1", code: str = "void help(void) {}", *flags: str) -> bytes:
    return compiled(folder, name, code, f"-Wl,-soname,{name}", *flags)


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
