from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from actions import NO_NATIVE, build_params, toolchain

from build_wheel.cc.install_wrappers import write_wrappers
from build_wheel.checks import check_identity, compilation_error, failed_compilations
from build_wheel.params import Expected
from common.errors import UserError
from formats.canonical_wheel import WheelSummary
from isolation.layout import Layout

GOOD = "int demo(void) { return 1; }\n"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path, tmp_path / "root")
    made.create()
    write_wrappers(made, toolchain(), NO_NATIVE, machine="x86_64", tags="cp311-cp311-linux_x86_64", bundle="demo.libs")
    return made


def run(layout: Layout, *line: str) -> int:
    return subprocess.run(
        [str(layout.compilers / line[0]), *line[1:]], cwd=layout.source, capture_output=True, check=False
    ).returncode


def failed(layout: Layout) -> list[str]:
    return failed_compilations(layout.compilers / "log", layout.source, {"demo.c", "other.c"}, [])


def compile_objects(layout: Layout) -> None:
    for name in ("demo", "other"):
        (layout.source / f"{name}.c").write_text(GOOD.replace("demo", name))
        assert run(layout, "cc", "-fPIC", "-c", f"{name}.c", "-o", f"{name}.o") == 0


def test_an_extension_that_does_not_link_is_told_by_its_sources(layout: Layout) -> None:
    compile_objects(layout)
    assert run(layout, "cc", "-shared", "other.o", "-o", "other.so") == 0
    assert failed(layout) == []
    assert run(layout, "cc", "-shared", "demo.o", "-o", "demo.so", "-lnowhere_to_be_found") != 0
    assert failed(layout) == ["demo.c"]


def test_a_link_that_succeeds_at_the_second_attempt_is_no_failure(layout: Layout) -> None:
    compile_objects(layout)
    assert run(layout, "cc", "-shared", "demo.o", "-o", "demo.so", "-lnowhere_to_be_found") != 0
    assert run(layout, "cc", "-shared", "demo.o", "-o", "demo.so") == 0
    assert failed(layout) == []


def test_another_link_of_the_same_object_does_not_hide_the_failure(layout: Layout) -> None:
    compile_objects(layout)
    assert run(layout, "cc", "-shared", "demo.o", "-o", "demo.so", "-lnowhere_to_be_found") != 0
    assert run(layout, "cc", "-shared", "demo.o", "other.o", "-o", "other.so") == 0
    assert failed(layout) == ["demo.c"]


def test_a_failed_link_of_a_probe_is_no_failure(layout: Layout) -> None:
    (layout.source / "conftest.c").write_text(GOOD)
    assert run(layout, "cc", "-fPIC", "-c", "conftest.c", "-o", "conftest.o") == 0
    assert run(layout, "cc", "-shared", "conftest.o", "-o", "conftest.so", "-lnowhere_to_be_found") != 0
    assert failed(layout) == []


def test_message() -> None:
    text = str(compilation_error(["a.c"], "//x:wheel", "make\na.c:1: error: no foo.h\n"))
    assert "//x:wheel: the compiler refused a.c" in text
    assert "a.c:1: error: no foo.h" in text
    assert "where: a.c" in text
    assert 'allow_compile_failures = ["a.c"]' in text


@pytest.mark.parametrize(
    ("wheel", "requires", "message"),
    [
        ("demo.whl", (), "expected wheel_tags 'py3-none-any', the backend made 'demo'"),
        ("demo-1.0-py3-none-any.whl", ("six >< 1",), "only in the wheel: ['six >< 1']"),
    ],
)
def test_what_no_standard_knows_is_an_error_for_the_user(wheel: str, requires: tuple[str, ...], message: str) -> None:
    params = build_params(expected=Expected("demo", "1.0", "py3-none-any", ("six",)))
    with pytest.raises(UserError) as caught:
        check_identity(Path(wheel), WheelSummary("demo", "1.0", requires, ("py3-none-any",), "", ""), params, "")
    assert message in str(caught.value)
