"""Whose a file is, and what is said about the host's."""

from __future__ import annotations

import dataclasses
import json
import sys
import sysconfig
from pathlib import Path

import pytest
from actions import toolchain

from build_wheel.host_files import origin
from build_wheel.host_files.exec_monitor import Programs
from build_wheel.host_files.origin import Origins, compilers_folders
from build_wheel.host_files.report import Audit, HostFile, audit
from common.errors import UserError
from fingerprint.listing import Listing
from isolation.layout import Layout

GCC = Path("/usr/lib/gcc/x86_64-linux-gnu/12")

KINDS = ("header", "library", "program")


@pytest.fixture
def origins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Origins:
    monkeypatch.setattr(origin, "_PASSING", ("/dev", "/proc"))  # for the tests' own folders are below /tmp
    execroot = tmp_path / "base" / "execroot" / "_main"
    layout = Layout(execroot, execroot / "bazel-out" / "bin" / "x.build")
    layout.create()
    source = layout.source / "x-1.0"
    source.mkdir()
    return Origins(layout, layout, (str(tmp_path / "base"),), toolchain(), source)


@pytest.mark.parametrize(
    "name",
    [
        "/usr/include/stdio.h",
        "/usr/include/features-time64.h",
        "/usr/include/x86_64-linux-gnu/bits/types.h",
        "/usr/include/aarch64-linux-gnu/sys/cdefs.h",
        "/usr/include/linux/if.h",
        "/usr/include/c++/12/vector",
        "/usr/include/x86_64-linux-gnu/c++/12/bits/c++config.h",
        f"{GCC}/include/stddef.h",
        "/usr/lib/llvm-19/lib/clang/19/include/stddef.h",
        "/usr/lib64/gcc/x86_64-redhat-linux/14/include/stddef.h",
        sysconfig.get_path("include") + "/Python.h",
        sysconfig.get_path("include") + "/cpython/object.h",
        sysconfig.get_path("include") + "/internal/mimalloc/mimalloc.h",
        f"/usr/include/x86_64-linux-gnu/python{sys.version_info[0]}.{sys.version_info[1]}/pyconfig.h",
        "/proc/self/x.h",
    ],
)
def test_headers_of_the_toolchain_and_the_interpreter(origins: Origins, name: str) -> None:
    assert origins.of_host(name, "header") == ""


@pytest.mark.parametrize(
    "name",
    [
        "/usr/include/yaml.h",
        "/usr/include/openssl/ssl.h",
        "/usr/include/x86_64-linux-gnu/curl/curl.h",
        "/usr/include/sys/capability.h",
        "/usr/local/include/zlib.h",
        "/opt/thing/include/stdio.h",
        "/usr/include/stdio/x.h",
        sysconfig.get_path("include") + "/greenlet/greenlet.h",
    ],
)
def test_headers_of_the_host(origins: Origins, name: str) -> None:
    assert origins.of_host(name, "header") == name


@pytest.mark.parametrize(
    "name",
    "libc.so libc.so.6 libc_nonshared.a libm-2.36.a libm.so.6 libpthread.a libgcc_s.so.1 libgcc.a libstdc++.so.6 "
    "libstdc++fs.a libc++abi.a libgomp.so libubsan.so.1 ld-linux-x86-64.so.2 ld-musl-aarch64.so.1 Scrt1.o crti.o "
    f"crtbeginS.o libclang_rt.builtins-x86_64.a libpython{sys.version_info[0]}.{sys.version_info[1]}.so.1.0".split(),
)
def test_libraries_of_the_toolchain_and_the_interpreter(origins: Origins, name: str) -> None:
    assert origins.of_host(f"/usr/lib/x86_64-linux-gnu/{name}", "library") == ""


@pytest.mark.parametrize("name", ["libz.so", "libyaml-0.so.2", "libcrypt.so.1", "libm17n.so", "libcxx.so", "start.o"])
def test_libraries_of_the_host(origins: Origins, name: str) -> None:
    assert origins.of_host(f"/opt/x/lib/{name}", "library") == f"/opt/x/lib/{name}"


def test_where_there_are_fingerprints_they_decide_and_no_names(origins: Origins, tmp_path: Path) -> None:
    """What a fingerprint does not list, no key knows."""
    (tmp_path / "usr" / "include" / "linux").mkdir(parents=True)
    for name in ("linux/known.h", "stdio.h", "zlib.h"):
        (tmp_path / "usr" / "include" / name).touch()
    listing = Listing()
    listing.add(f"{tmp_path}/usr/include/linux")
    listing.add(f"{tmp_path}/usr/include/zlib.h")
    strict = dataclasses.replace(origins, tools=(listing.contents(),))
    for known in ("linux/known.h", "zlib.h"):
        assert strict.of_host(f"{tmp_path}/usr/include/{known}", "header") == ""
    assert strict.of_host("/usr/include/rdma/rdma_user_cm.h", "header") == "/usr/include/rdma/rdma_user_cm.h"
    assert strict.of_host("/usr/lib/x86_64-linux-gnu/libunwind.a", "library").endswith("/libunwind.a")


def test_programs(origins: Origins) -> None:
    for name in ("/bin/sh", "/usr/bin/env", "/usr/bin/gcc", "/usr/bin/ar", sys.executable):
        assert origins.of_host(name, "program") == "", name
    for name in ("/usr/bin/git", "/usr/bin/make", "/opt/x/sh", "/usr/bin/pkg-config"):
        assert origins.of_host(name, "program") == name


def test_one_file_has_one_name(origins: Origins, tmp_path: Path) -> None:
    (tmp_path / "usr" / "lib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    name = str(tmp_path / "usr" / "lib" / "libz.so")
    for spelling in (name, f"{tmp_path}/lib/libz.so", f"{tmp_path}/lib/../lib/./libz.so"):
        assert origins.of_host(spelling, "library") == name


def test_inputs_and_what_the_build_made(origins: Origins, tmp_path: Path) -> None:
    """However it is reached: the links of a sandbox, of native_deps, of new_local_repository, of the environment."""
    layout = origins.layout
    host = tmp_path / "host"
    (tmp_path / "base" / "external" / "yaml").mkdir(parents=True)
    (layout.execroot / "external").symlink_to(tmp_path / "base" / "external")
    host.mkdir()
    (tmp_path / "base" / "external" / "local").symlink_to(host)
    (layout.libraries / "libx.a").symlink_to(layout.execroot / "external" / "local" / "libx.a")
    for name in (
        layout.source / "x.h",
        layout.temporary / "00000000" / "x.h",
        layout.execroot / "external" / "yaml" / "yaml.h",
        layout.execroot / "external" / "local" / "x.h",
        tmp_path / "base" / "external" / "yaml" / "yaml.h",
        layout.libraries / "libx.a",
        Path(f"{layout.source}/../../../../external/yaml/yaml.h"),
    ):
        assert origins.of_host(str(name), "header") == "", name
    (layout.source / "out").symlink_to(host)
    (layout.source / "loop").symlink_to("loop")
    assert origins.of_host(f"{layout.source}/out/x.h", "header") == f"{host}/x.h"
    assert origins.of_host(f"{layout.source}/loop/x.h", "header") == ""
    assert origins.of_host(f"{layout.source}/{'../' * 40}{host}/x.h", "header") == f"{host}/x.h"


def test_an_execution_root_that_is_the_file_system_s(tmp_path: Path) -> None:
    """As on some remote workers."""
    layout = Layout(Path("/"), tmp_path / "x.build")
    origins = Origins(layout, layout, (), toolchain(), layout.source)
    assert origins.of_host("/external/yaml/yaml.h", "header") == ""
    assert origins.of_host("/usr/include/yaml.h", "header") == "/usr/include/yaml.h"


def test_the_compiler_s_own_folders() -> None:
    folders = compilers_folders("/usr/bin/g++", [])
    assert any((Path(folder) / "include" / "stddef.h").exists() for folder in folders)
    assert not {"/", "/usr", "/usr/include", "/usr/local", "/usr/local/include"} & set(folders)


def test_result_and_error(origins: Origins) -> None:
    log = origins.layout.compilers / "audit"
    source = origins.source
    yaml = {"kind": "header", "by": [f"{source}/b.c"], "files": ["/usr/include/yaml.h", "/usr/include/stdio.h"]}
    lines = [
        yaml,
        {**yaml, "by": [f"{source}/a.c"]},
        {**yaml, "by": [f"{source}/c.c"], "files": ["/usr/include/openssl/a.h", "/usr/include/openssl/c/b.h"]},
        {"kind": "library", "by": [f"{source}/x.so"], "files": ["/usr/lib/libyaml.so"]},
        {"kind": "library", "by": [f"{source}/y.so"], "files": None},
    ]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    programs = Programs("x")
    programs._found = {"/usr/bin/git": {"python3"}, "/bin/sh": {"make"}}
    programs._looked_away = True
    found = audit(log, programs, origins)
    assert found.as_json() == {
        "headers": ["/usr/include/openssl/a.h", "/usr/include/openssl/c/b.h", "/usr/include/yaml.h"],
        "libraries": ["/usr/lib/libyaml.so"],
        "programs": ["/usr/bin/git"],
        "not_audited": ["library of y.so", "programs"],
    }
    with pytest.raises(UserError) as caught:
        found.check("//x:wheel", ["*/libyaml.so"], KINDS)
    text = str(caught.value)
    assert "header  /usr/include/yaml.h  (used by a.c, b.c)" in text
    assert "program /usr/bin/git  (used by python3)" in text
    assert "libyaml.so  (used" not in text
    assert "native_deps" in text
    assert "tools" in text
    names = ["*/libyaml.so", "/usr/bin/git", "/usr/include/openssl/", "/usr/include/yaml.h", "library of y.so"]
    line = f"allow_host_files = {json.dumps(names)},"
    assert line in text
    found.check("//x:wheel", json.loads(line[len("allow_host_files = ") : -1]), KINDS)
    found.check("//x:wheel", ["/usr/*", "/stale/entry", "* of y.so"], KINDS)


def test_what_nobody_can_say_is_an_error_until_it_is_accepted() -> None:
    """But not that a machine does not tell of programs, which no package could change."""
    Audit((), ("programs",)).check("//x:wheel", [], KINDS)
    unknown = Audit((), ("header of src/a.c", "library of x.so", "programs"))
    with pytest.raises(UserError) as raised:
        unknown.check("//x:wheel", ["/usr/bin/git"], KINDS)
    text = str(raised.value)
    assert "//x:wheel: nobody can say which files of this machine the build used here:\n  header of src/a.c\n" in text
    line = text.splitlines()[-1].strip()
    assert line == 'allow_host_files = ["/usr/bin/git", "header of src/a.c", "library of x.so"],'
    unknown.check("//x:wheel", json.loads(line[len("allow_host_files = ") : -1]), KINDS)


def test_a_build_that_used_nothing() -> None:
    Audit((), ()).check("//x:wheel", [], KINDS)
    assert Audit((HostFile("/a", "header"),), ()).as_json()["headers"] == ["/a"]
