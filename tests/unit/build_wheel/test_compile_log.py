from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from actions import NO_NATIVE, build_params, toolchain

from build_wheel.cc.install_wrappers import write_wrappers
from build_wheel.checks import check_identity
from build_wheel.compile_log import LoggedCommand, compilation_error, failed_compilations
from build_wheel.params import Expected
from common.errors import UserError
from formats.canonical_wheel import WheelSummary
from isolation.layout import Layout

GOOD = "int demo(void) { return 1; }\n"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path, tmp_path / "root")
    made.create()
    write_wrappers(made, toolchain(), NO_NATIVE, tags="cp311-cp311-linux_x86_64", bundle="demo.libs")
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


def written(tmp_path: Path, *commands: LoggedCommand) -> Path:
    """A log, as the wrappers write it."""
    for command in commands:
        fields = ["folder=/", f"code={command.code}", *(["shared=1"] if command.shared else [])]
        fields += [f"output={command.output}", *(f"input={name}" for name in command.inputs)]
        fields += [f"source={name}" for name in command.sources]
        with (tmp_path / "written").open("a") as log:
            log.write("".join(f"{field}\0" for field in [*fields, ""]))
    return tmp_path / "written"


def compiled(code: int, source: str, output: str = "") -> LoggedCommand:
    return LoggedCommand(code, False, output, (source,), (source,))


@pytest.mark.parametrize(
    ("entries", "allowed", "expected"),
    [
        ([("/s/a.c", 1)], [], ["a.c"]),
        ([("/s/a.c", 1), ("/s/a.c", 0)], [], []),
        ([("/s/a.c", 1)], ["*.c"], []),
        ([("/s/conftest.c", 1)], [], []),
        ([("/elsewhere/a.c", 1)], [], []),
        ([("/s/pkg/mod.c", 1)], [], ["pkg/mod.c"]),
    ],
)
def test_failed_compilations(
    tmp_path: Path, entries: list[tuple[str, int]], allowed: list[str], expected: list[str]
) -> None:
    """Files of the sdist count, and C that Cython made of them; probes of configure don't."""
    shipped = {"a.c", "pkg/mod.pyx"}
    log = written(tmp_path, *(compiled(code, source) for source, code in entries))
    assert failed_compilations(log, Path("/s"), shipped, allowed) == expected


PROBES = [
    # as CMake 4.4 and Meson 1.12 write them: try_compile(SOURCES), its older form with a folder, try_compile(PROJECT);
    # compiler.compiles(files(...)), compiler.links(files(...))
    "b/CMakeFiles/CMakeScratch/TryCompile-vZjyUk/CMakeFiles/cmTC_33ea2.dir/check.c.o",
    "b/probe/CMakeFiles/CMakeTmp/CMakeFiles/cmTC_30553.dir/check.c.o",
    "b/CMakeFiles/CMakeScratch/TryCompile-jPOTZ7/CMakeFiles/p.dir/main.c.o",
    "b/meson-private/tmp2b2f1vo0/output.obj",
    "b/meson-private/tmpf8po3axb/output.exe",
]


@pytest.mark.parametrize("output", [*(f"/s/{name}" for name in PROBES), *(f"/t/{name}" for name in PROBES)])
def test_a_probe_whose_source_lies_in_the_sdist_is_no_dropped_extension(tmp_path: Path, output: str) -> None:
    library = LoggedCommand(1, True, output.replace(".c.o", ".so"), (output,), ())
    log = written(tmp_path, compiled(1, "/s/cmake/check.c", output), library)
    assert failed_compilations(log, Path("/s"), {"cmake/check.c"}, []) == []


def test_a_probe_that_succeeds_does_not_hide_a_dropped_extension(tmp_path: Path) -> None:
    dropped = compiled(1, "/s/demo.c", "/s/b/CMakeFiles/demo.dir/demo.c.o")
    log = written(tmp_path, dropped, compiled(0, "/s/demo.c", f"/s/{PROBES[0]}"))
    assert failed_compilations(log, Path("/s"), {"demo.c"}, []) == ["demo.c"]


def test_a_folder_of_the_machine_makes_no_probe(tmp_path: Path) -> None:
    source = Path("/x/meson-private/y/s")
    log = written(tmp_path, compiled(1, f"{source}/demo.c", f"{source}/build/demo.o"))
    assert failed_compilations(log, source, {"demo.c"}, []) == ["demo.c"]


def test_no_compilation_at_all(tmp_path: Path) -> None:
    assert failed_compilations(tmp_path / "none", Path("/s"), {"a.c"}, []) == []


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
