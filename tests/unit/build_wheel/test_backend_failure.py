"""What the output of a backend tells, as pure functions have it."""

from __future__ import annotations

import pytest

from build_wheel.backend_failure import Facts, advice, reason, shortened, told, typed
from build_wheel.lock_language import for_lock, in_overrides
from common.errors import UserError

MESON = 'Found CMake\n../s/x-1.0/meson.build:12:7: ERROR: Dependency "geos" not found, tried pkgconfig\n'
CMAKE = "-- Found X\nCMake Error at CMakeLists.txt:3 (find_package):\n\n  By not providing FindZ.cmake\n"
NO_COMPILER = """\
CMake Error at Modules/CMakeTestCXXCompiler.cmake:71 (message):
    FAILED: [code=127] testCXXCompiler.cxx.o
    rules_sdist: a wheel with the tags "py3-none-any" gets no C compiler; for one with C or C++ extensions write
        wheel_tags = "{python}-{abi}-{platform}",
    ninja: build stopped: subcommand failed.
"""
PILLOW = "The headers or library files could not be found for zlib,\na required dependency\n"
SETUPTOOLS = """\
building
In file included from a.c:1:
a.c:2:10: fatal error: yaml.h: No such file or directory
compilation terminated.
error: command '/x/cc' failed with exit code 1
"""
RUSTC = """\
   Compiling crab v0.1.0 (/s/crab-1.0)
error[E0425]: cannot find function `thrice` in this scope
 --> src/lib.rs:3:5
  |
error: could not compile `crab` (lib) due to 1 previous error
"""


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (RUSTC, "error[E0425]: cannot find function `thrice` in this scope --> src/lib.rs:3:5"),
        (SETUPTOOLS, "a.c:2:10: fatal error: yaml.h: No such file or directory"),
        (MESON, '../s/x-1.0/meson.build:12:7: ERROR: Dependency "geos" not found, tried pkgconfig'),
        (CMAKE, "CMake Error at CMakeLists.txt:3 (find_package): By not providing FindZ.cmake"),
        ("/usr/bin/ld: cannot find -lyaml: No such file\ncollect2: error: ld returned 1", "cannot find -lyaml"),
        (
            "Traceback\n  File x\nKeyError: 'a'\n\nDuring handling\nsetuptools.errors.SetupError: no b\n",
            "SetupError: no b",
        ),
        ("curl: (6) Could not resolve host: files.invalid\n", "curl: (6) Could not resolve host: files.invalid"),
        ("nothing of use\n", ""),
        ("install the required development files, and the Python development headers\n", ""),
    ],
)
def test_the_line_that_says_most(output: str, said: str) -> None:
    assert said in reason(output) if said else not reason(output)


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (SETUPTOOLS, '    native_deps = [..., "@yaml//:yaml"],'),
        (MESON, '    native_deps = [..., "@geos//:geos"],'),
        ("fatal error: 'openssl/ssl.h' file not found", '    native_deps = [..., "@openssl//:openssl"],'),
        ("x.c:1:10: fatal error: Python.h: No such file or directory", "`apt-get install python3-dev`"),
        ('CMake Error: CMake was unable to find a build program corresponding to "Ninja".', "@ninja_wheel//:file"),
        (
            "ModuleNotFoundError: No module named 'pkg_resources'",
            '    build_requires = [..., "@setuptools_wheel//:file"],',
        ),
        (
            "ModuleNotFoundError: No module named 'flit_core.x'",
            '    build_requires = [..., "@flit-core_wheel//:file"],',
        ),
        ("Max retries exceeded with url (host='files.invalid', port=443)", "It asked files.invalid. Most often"),
        ("rules_sdist: it is so.\n  fix: do that.\nmore", "it is so. Do that."),
        (NO_COMPILER, 'write\n    wheel_tags = "{python}-{abi}-{platform}",'),
        (
            f"*** scikit-build-core 1\n{NO_COMPILER}",
            '    config_settings = {"cmake.define.CMAKE_C_COMPILER_FORCED": "ON"',
        ),
        (
            "RuntimeError: CMake >= 3.5 is required to build pycares.",
            '    build_requires = [..., "@cmake_wheel//:file"],',
        ),
        ("No package 'libffi' found\n/usr/bin/ld: cannot find -lffi: No such file\n", "There is no libffi. Give the"),
        ("Make sure the libxml2 and libxslt development packages are installed.", '"@xml2//:xml2", "@xslt//:xslt"],'),
        (
            "Exception: pkg-config package 'usb-1.0 >= 1.0.9' not found",
            '    native_deps = [..., "@usb-1.0//:usb-1.0"],',
        ),
        ("Error: pg_config executable not found.\n", '    tools = [..., "//:pg_config"],'),
        ("The zlib development package is either missing or", '    native_deps = [..., "@zlib//:zlib"],'),
        (
            f"Package 'avif' was not found in the pkg-config search path\n{PILLOW}",
            '    native_deps = [..., "@zlib//:zlib"],',
        ),
    ],
)
def test_what_to_type(output: str, line: str) -> None:
    assert line in "\n".join(advice(output, Facts("//x:wheel")))


def test_a_closed_build_may_declare_files_of_the_machine() -> None:
    said = "\n".join(advice(SETUPTOOLS, Facts("//x:wheel", closed=True, allowed=("/usr/bin/make",))))
    assert 'allow_host_files = ["/usr/bin/make", "/usr/include/yaml.h"],' in said
    assert "RULES_SDIST_HOST_FILES=/usr/bin/make:/usr/include/yaml.h" in said


@pytest.mark.parametrize(
    ("output", "declared"),
    [
        ("/usr/bin/ld: cannot find -lyaml: No such file", 'allow_host_files = ["/usr/lib/*/libyaml.so"],'),
        (MESON, None),
    ],
)
def test_only_files_with_a_known_name_are_to_be_declared(output: str, declared: str | None) -> None:
    said = "\n".join(advice(output, Facts("//x:wheel", closed=True)))
    assert (declared in said) if declared else ("allow_host_files" not in said)
    assert "native_deps = [" in said


def test_long_folders() -> None:
    roots = ("/home/ann/.cache/bazel/x/execroot/_main", "/home/ann/.cache/bazel/x/execroot/_main/bazel-out/x.build")
    text = f'File "{roots[1]}/s/demo/setup.py" and {roots[0]}/external/a'
    assert shortened(text, roots) == 'File ".../s/demo/setup.py" and .../external/a'
    error = told(UserError("It failed.", fix=""), "", Facts("a~b//x:whl", roots=roots))
    assert "keep_build_root=true @@a~b//x:whl\n" in error.fix
    assert "Read the output above" in error.fix
    assert error.where == "a~b//x:whl"


@pytest.mark.parametrize("label", ["//x:wheel", "@a//x:wheel"])
def test_labels_that_can_be_typed_as_they_are(label: str) -> None:
    assert typed(label) == label


@pytest.mark.parametrize(
    ("starlark", "toml"),
    [
        ('    wheel_tags = "py3-none-any",', '    wheel_tags = "py3-none-any"'),
        ("    allow_no_native_code = True,", "    allow_no_native_code = true"),
        ('    native_deps = [..., "//:a"],  # liba.so', '    native_deps = ["//:a"]  # liba.so'),
        (
            '    native_deps = [..., "@b-1.0//:b", "@a//:a"],\n  or do.',
            '    native_deps = ["@b-1.0//:b", "@a//:a"]\n'
            '  and in MODULE.bazel, for the hub to see it: inject_repo(sdists, "b-1.0", "a")\n  or do.',
        ),
        ('    env = {"A": "b", "C": "d"},', '    env = {"A" = "b", "C" = "d"}'),
        ('    build_requires = [..., "@a-b_wheel//:file"],', '    build_requires = ["a-b"]'),
        ("    bazel build --x=y TARGET", "    bazel build --x=y TARGET"),
        ('    version = "1.0",', '    version = "1.0",'),
    ],
)
def test_toml_for_a_lock(starlark: str, toml: str) -> None:
    assert in_overrides(f"Write on the py_sdist_wheel:\n{starlark}") == f"Write into the overrides:\n{toml}"


def test_a_lock_says_where_that_goes() -> None:
    error = for_lock(UserError("x", where="y", fix='Write\n    wheel_tags = "a",'), "demo")
    assert error.fix.startswith('Write\n    wheel_tags = "a"\n  A lock made this target: ')
    assert "[distributions.demo]" in error.fix
    assert "inject_repo" not in error.fix
