"""A wheel for a platform has native code, which has no undefined symbols."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from native_wheels import TAGS, check, compiled, extension, library, refused

from build_wheel.params import Expected

if TYPE_CHECKING:
    from pathlib import Path


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
