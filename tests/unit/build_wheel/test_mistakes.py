"""What users do wrong, and that the last twelve lines of the message tell what to type."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from actions import BACKEND, PROJECT, build_params, helper, toolchain, write_action
from archives import tar_of

from build_wheel.params import Expected

if TYPE_CHECKING:
    from pathlib import Path

LINES = 12
LABEL = "//third_party:demo_wheel"
NATIVE = "{python}-{abi}-{platform}"
ON_LINUX = Expected("demo", "1.0", "cp39-abi3-linux_x86_64", None)
COMPILE = "import subprocess\nopen('x.c', 'w').write({code!r})\nsubprocess.run(['cc', {flags} 'x.c'], check=True)"


def last_lines(folder: Path, also: str = "", files: Any = None, **own: Any) -> str:
    """Builds a project whose backend runs some code, and returns the last twelve lines of why it did not work."""
    params = build_params(**{"env": {"ALSO": also}, **own})
    write_action(folder, params)
    if files:
        first = {"demo-1.0/backend.py": BACKEND, "demo-1.0/pyproject.toml": PROJECT.format(requires="")}
        tar_of(folder / "demo-1.0.tar.gz", {**first, **{f"demo-1.0/{name}": text for name, text in files.items()}})
    line, options = helper(folder)
    done = subprocess.run(line, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 1, done.stderr
    lines = done.stderr.rstrip().splitlines()
    assert str(folder) not in "\n".join(lines[-LINES:])
    return "\n".join(lines[-LINES:])


def compiled(folder: Path, code: str, flags: str = "", **own: Any) -> str:
    also = COMPILE.format(code=code, flags=flags)
    return last_lines(folder, also, **{"cc": toolchain(), "expected": ON_LINUX, **own})


def test_code_for_c_and_tags_without_a_platform(tmp_path: Path) -> None:
    said = last_lines(tmp_path, COMPILE.format(code="int x;", flags=""))
    assert (
        'the tags "py3-none-any" gets no C compiler; for one with C or C++ extensions write\n'
        f'    wheel_tags = "{NATIVE}",' in said
    )


def test_native_cpu(tmp_path: Path) -> None:
    said = compiled(tmp_path, "int x;", "'-march=native', '-c', ")
    assert "-march=native makes the wheel depend on the CPU it was built on. Switch it off in the package" in said


def test_setup_raises(tmp_path: Path) -> None:
    said = last_lines(tmp_path, "raise ValueError('the moon is full')")
    assert f"where: {LABEL}: ValueError: the moon is full" in said
    assert f"keep_build_root=true {LABEL}" in said


def test_a_compile_error(tmp_path: Path) -> None:
    said = compiled(tmp_path, "int x = y;\n", "'-c', ")
    assert f"where: {LABEL}: x.c:1:9: error: " in said


def test_a_missing_header(tmp_path: Path) -> None:
    said = compiled(tmp_path, "#include <zz/notthere.h>\n", "'-c', ")
    assert "x.c:1:10: fatal error: zz/notthere.h: No such file or directory" in said
    assert 'There is no zz/notthere.h. Give the library as a C++ target:\n    native_deps = [..., "@zz//:zz"],' in said


def test_a_missing_library(tmp_path: Path) -> None:
    said = compiled(tmp_path, "int main(void) { return 0; }\n", "'-lnotthere', ")
    assert "cannot find -lnotthere" in said
    assert 'native_deps = [..., "@notthere//:notthere"],' in said


@pytest.mark.parametrize(
    "printed", ["No package 'geos' found", "Package geos was not found in the pkg-config search path."]
)
def test_a_package_that_pkg_config_does_not_know(tmp_path: Path, printed: str) -> None:
    said = last_lines(tmp_path, f"raise SystemExit({printed!r})")
    assert 'native_deps = [..., "@geos//:geos"],' in said


@pytest.mark.parametrize(
    ("program", "line"),
    [("cmake", 'build_requires = [..., "@cmake_wheel//:file"],'), ("nasm-zz", 'tools = [..., "//:nasm-zz"],')],
)
def test_a_missing_program(tmp_path: Path, program: str, line: str) -> None:
    also = f"import subprocess\nsubprocess.run([{program!r}], env={{'PATH': '/nowhere'}})"
    assert line in last_lines(tmp_path, also)


def test_a_tool_that_is_not_executable(tmp_path: Path) -> None:
    (tmp_path / "mytool").write_text("#!/bin/sh\n")
    said = last_lines(tmp_path, tools={"mytool": "mytool"})
    assert f"{LABEL}: mytool in `tools` is not executable." in said
    assert "    chmod +x mytool" in said
    assert "backend speaks" not in said


def test_a_missing_module(tmp_path: Path) -> None:
    said = last_lines(tmp_path, "import skbuild.setuptools_wrap")
    assert 'build_requires = [..., "@scikit-build_wheel//:file"],' in said


def test_a_module_of_the_sdist_itself(tmp_path: Path) -> None:
    code = "import subprocess; subprocess.run([sys.executable, '-c', 'import versioneer'], cwd='/', check=True)"
    said = last_lines(tmp_path, code, {"versioneer.py": ""})
    assert 'env = {"PYTHONPATH": "."},' in said


def test_the_network(tmp_path: Path) -> None:
    said = last_lines(tmp_path, "import urllib.request; urllib.request.urlopen('http://example.invalid/x.tar.gz')")
    assert (
        "Most often that is for a build requirement (`build_requires`), a library (`native_deps`) or a program" in said
    )
    said = last_lines(tmp_path, "raise SystemExit('ERROR: No matching distribution found for numpy>=2')")
    assert 'build_requires = [..., "@numpy_wheel//:file"],' in said


def test_several_wrong_values_are_told_at_once(tmp_path: Path) -> None:
    expected = Expected("dome", "2.0", "cp39-abi3-linux_x86_64", ("six",))
    said = last_lines(tmp_path, expected=expected, cc=toolchain())
    for line in (
        'distribution = "Demo",'.lower(),
        'version = "1.0",',
        'wheel_tags = "py3-none-any",',
        "requires_dist = [],",
    ):
        assert f"    {line}" in said


def test_two_versions_of_one_distribution(tmp_path: Path) -> None:
    for version in ("80.0", "81.0"):
        info = (
            tmp_path
            / f"bazel-out/k8/bin/external/+a+b/x/tools_{version}.installed/w/site-packages/a-{version}.dist-info"
        )
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Name: setuptools\nVersion: {version}\n")
    trees = tuple(f"bazel-out/k8/bin/external/+a+b/x/tools_{version}.installed/w" for version in ("80.0", "81.0"))
    said = last_lines(tmp_path, build_requires=trees)
    one, two = (f"setuptools {version} (@@+a+b//x:tools_{version})" for version in ("80.0", "81.0"))
    assert f"two build requirements are one distribution: {one} and {two}." in said


def test_a_native_wheel_without_its_extension(tmp_path: Path) -> None:
    also = "print('\\n'.join(['adding x'] * 80)); print('WARNING: skipping speedups, no yaml'); print('adding y')"
    said = last_lines(tmp_path, also, {"src/_speed.pyx": ""}, expected=ON_LINUX, cc=toolchain())
    assert "Its sources are src/_speed.pyx." in said
    assert "WARNING: skipping speedups, no yaml" in said
    assert "adding" not in said
    assert 'wheel_tags = "py3-none-any",' in said


# What a lock made


@pytest.mark.parametrize(
    ("also", "line"),
    [
        ("import ninja_zz", 'build_requires = ["ninja-zz"]'),
        ("raise SystemExit(\"No package 'geos' found\")", 'native_deps = ["@geos//:geos"]'),
        (COMPILE.format(code="int x;", flags=""), f'wheel_tags = "{NATIVE}"'),
    ],
)
def test_the_overrides_of_a_lock_are_toml(tmp_path: Path, also: str, line: str) -> None:
    said = last_lines(tmp_path, also, from_lock=True)
    assert f"    {line}\n" in said
    assert "[..." not in said
    assert "goes under [distributions.demo] of the lock's overrides (--overrides FILE);" in said


def test_wrong_values_of_a_lock(tmp_path: Path) -> None:
    said = last_lines(tmp_path, expected=Expected("demo", "1.0", "cp39-abi3-linux_x86_64", ("six",)), from_lock=True)
    assert '    wheel_tags = "py3-none-any"\n    requires_dist = []\n' in said


def test_missing_requirements_of_a_lock(tmp_path: Path) -> None:
    project = '[build-system]\nrequires = ["ninja>=1.5"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    said = last_lines(tmp_path, files={"pyproject.toml": project}, from_lock=True)
    assert '    build_requires = ["ninja>=1.5"]\n' in said
