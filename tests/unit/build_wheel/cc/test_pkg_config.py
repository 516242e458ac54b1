"""The pkg-config that knows the libraries of `native_deps`."""

from __future__ import annotations

import dataclasses
import subprocess
from typing import TYPE_CHECKING

import pytest
from actions import NO_NATIVE, build_params, built, toolchain

from build_wheel.cc.install_pkg_config import header_version, install_pkg_config, modules
from build_wheel.params import Library
from isolation.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def made(tmp_path: Path) -> Layout:
    """A build with openssl, whose version a header tells, a libyaml that Bazel named, and a libfoo with a version."""
    layout = Layout(tmp_path, tmp_path / "root")
    layout.create()
    (tmp_path / "inc/openssl").mkdir(parents=True)
    (tmp_path / "inc/openssl/opensslv.h").write_text('# define OPENSSL_VERSION_STR "3.0.15"\n')
    names = ("libssl.a", "libcrypto.a", "liblibyaml.pic.a", "libfoo.so.1.4.2")
    native = dataclasses.replace(
        NO_NATIVE,
        defines=("A=1",),
        includes=("inc",),
        system_includes=("sys",),
        libraries=tuple(Library(name, shared=".so" in name, whole=False) for name in names),
    )
    install_pkg_config(layout, native, ())
    return layout


def asked(layout: Layout, *arguments: str, path: str = "/nowhere", **variables: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [str(layout.compilers / "pkg-config"), *arguments],
        env={"PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_flags(made: Layout) -> None:
    flags = f"-DA=1 -I{made.execroot}/inc -I{made.execroot}/sys"
    libraries = f"-L{made.libraries} -lssl -lcrypto"
    assert asked(made, "--cflags", "--libs", "openssl") == (0, f"{flags} {libraries}", "")
    assert asked(made, "--libs-only-l", "openssl", "yaml")[1] == "-lssl -lcrypto -lyaml"
    assert asked(made, "--libs-only-L", "libyaml")[1] == f"-L{made.libraries}"
    assert asked(made, "--cflags-only-other", "libcrypto")[1] == "-DA=1"
    assert asked(made, "--variable=libdir", "foo")[1] == str(made.libraries)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--exists", "yaml"], 0),
        (["--exists", "yaml", "nosuch"], 1),
        (["--exists", "foo >= 1.4"], 0),
        (["--exists", "--print-errors", "foo>=1.10"], 1),
        (["--atleast-version=3", "openssl"], 0),
        (["--atleast-version=3.0.16", "openssl"], 1),
        (["--max-version", "1.5", "foo"], 0),
        (["--libs", "openssl", "foo", "<", "1.4"], 1),
        (["--atleast-pkgconfig-version", "0.9"], 0),
        (["--version"], 0),
    ],
)
def test_versions(made: Layout, arguments: list[str], code: int) -> None:
    assert asked(made, *arguments)[0] == code


def test_version_that_is_known(made: Layout) -> None:
    assert asked(made, "--modversion", "libssl")[1] == asked(made, "--modversion", "openssl")[1] == "3.0.15"
    assert asked(made, "--modversion", "foo")[1] == "1.4.2"


def test_version_that_nobody_knows_can_be_said(made: Layout) -> None:
    code, _, said = asked(made, "--atleast-version=0.1", "yaml")
    assert code == 1
    assert "rules_sdist: pkg-config was asked for the version of yaml" in said
    assert '    env = {"PKG_CONFIG_VERSION_YAML": "1.2.3"},' in said
    assert asked(made, "--modversion", "yaml", PKG_CONFIG_VERSION_YAML="0.2.5") == (0, "0.2.5", "")


def test_others_are_asked_for_what_is_unknown(made: Layout, tmp_path: Path) -> None:
    other = tmp_path / "bin" / "pkg-config"
    other.parent.mkdir()
    other.write_text('#!/bin/sh\necho "other: $*"\n')
    other.chmod(0o755)
    path = f"{made.compilers}:{other.parent}"
    assert asked(made, "--libs", "glib-2.0", path=path) == (0, "other: --libs glib-2.0", "")
    code, _, said = asked(made, "--libs", "glib-2.0")
    assert (code, said) == (1, "Package 'glib-2.0' was not found in the pkg-config search path")


def test_there_is_none_without_libraries_or_beside_a_tool(made: Layout) -> None:
    (made.compilers / "pkg-config").unlink()
    install_pkg_config(made, NO_NATIVE, ())
    native = dataclasses.replace(NO_NATIVE, libraries=(Library("libz.a", shared=False, whole=False),))
    install_pkg_config(made, native, ["pkg-config"])
    assert not (made.compilers / "pkg-config").exists()
    assert {"z", "zlib", "libz"} <= modules(made, native).keys()


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('#define ZLIB_VERSION "1.3.1"\n', "1.3.1"),
        ("#define X_VERSION_MAJOR 2\n#define X_VERSION_MINOR (4)\n#define X_VERSION_MICRO 1\n", "2.4.1"),
        ("int x;\n", ""),
    ],
)
def test_versions_of_headers(tmp_path: Path, text: str, version: str) -> None:
    (tmp_path / "zlib.h").write_text(text)
    assert header_version([tmp_path / "none", tmp_path], ["z", "zlib"]) == version


def test_a_backend_finds_it(tmp_path: Path) -> None:
    (tmp_path / "libyaml-0.1.a").write_bytes(b"!<arch>\n")
    native = dataclasses.replace(NO_NATIVE, libraries=(Library("libyaml-0.1.a", shared=False, whole=False),))
    also = "import subprocess; subprocess.run(['pkg-config', '--libs', 'yaml-0.1'], check=True); raise SystemExit(3)"
    done = built(tmp_path, build_params(cc=toolchain(), native=native, env={"ALSO": also}))
    assert "-L.../l -lyaml-0.1\n" in done.stderr
