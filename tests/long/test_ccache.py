"""ccache behind the compiler: another checkout, at another path, finds all that the first one compiled."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import script_toolchain
from support import CLOSED, Workspace, backend_project, make_sdist

if TYPE_CHECKING:
    from collections.abc import Callable

COMPILER = """#!/bin/sh
[ -z "$RECORD" ] || printf '%s\\n' "$PWD" "$@" >>"$RECORD"
[ -n "$CCACHE_DIR" ] || exec /usr/bin/gcc "$@"
exec /usr/bin/ccache /usr/bin/gcc "$@"
"""
BUILD_FILE = """
py_sdist_wheel(
    name = "demo",
    data = ["cache.tar"],
    env = {"CACHE": "$(execpath cache.tar)"},
    allow_host_files = ["/usr/bin/ccache"],
    leak_policy = "warn",  # a cache tells when it was filled
    sdist = "demo-1.0.tar.gz",
    wheel_tags = "{python}-{abi}-{platform}",
    allow_no_native_code = True,
)
"""
BODY = """
import subprocess, sysconfig, tarfile
cache = os.path.abspath("cache")
os.mkdir(cache)
with tarfile.open(os.environ["CACHE"]) as archive:
    archive.extractall(cache)
record = os.path.abspath("commands.txt")
counted = {**os.environ, "CCACHE_DIR": cache}
subprocess.run(["/usr/bin/ccache", "--zero-stats"], env=counted, check=True)
for name in ("one", "two", "three"):
    line = [os.environ["CC"], "-g", "-c", os.path.abspath(name + ".c"), "-o", os.path.abspath(name + ".o")]
    subprocess.run(line, env={**counted, "RECORD": record}, check=True)
stats = subprocess.run(["/usr/bin/ccache", "--print-stats"], env=counted, check=True, capture_output=True, text=True)
files = {"commands.txt": open(record).read(), "stats.txt": stats.stdout}
for folder, _, names in os.walk(cache):
    for name in names:
        place = os.path.join(folder, name)
        files["filled/" + os.path.relpath(place, cache)] = open(place, "rb").read()
tag = "cp{0}{1}-cp{0}{1}-linux_x86_64".format(*sys.version_info[:2])
return write_wheel(wheel_directory, files, tag=tag)
"""


def built(workspace: Workspace, cache: dict[str, bytes]) -> dict[str, bytes]:
    """The members of the wheel.

    Args:
        workspace: where it is built.
        cache: what is in ccache's folder before.
    """
    compiler = workspace.package("compiler", script_toolchain.BUILD_FILE, script_toolchain.FILES)
    (compiler / "tool.sh").write_text(COMPILER)
    (compiler / "tool.sh").chmod(0o755)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in cache.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    package = workspace.package("demo", BUILD_FILE, {"cache.tar": packed.getvalue()})
    sources = {f"{name}.c": f"int {name}(void) {{ return {len(name)}; }}\n" for name in ("one", "two", "three")}
    make_sdist(backend_project(BODY, sources), package / "demo-1.0.tar.gz")
    workspace.build("//demo")
    (file,) = (workspace.bin() / "demo").glob("*.whl")
    with zipfile.ZipFile(file) as wheel:
        return {name: wheel.read(name) for name in wheel.namelist()}


def stats(members: dict[str, bytes]) -> dict[str, int]:
    lines = (line.split("\t") for line in members["stats.txt"].decode().splitlines())
    return {name: int(value) for name, value in lines}


def test_another_checkout_has_the_same_commands_and_only_hits(machines: Callable[..., Workspace]) -> None:
    flags = (
        CLOSED,
        "--extra_toolchains=//compiler:toolchain",
        "--repo_env=RULES_SDIST_HOST_FILES=/usr/bin/ccache",
        "--repo_env=RULES_SDIST_HOST_TOOLS=/usr/bin/python3:/usr/bin/gcc:/usr/bin/ccache",
    )
    first = built(machines("a", *flags), {})
    counts = stats(first)
    assert counts["cache_miss"] == 3
    filled = {name.removeprefix("filled/"): content for name, content in first.items() if name.startswith("filled/")}
    second = built(machines("another/and/much/longer/path", *flags), filled)
    assert second["commands.txt"] == first["commands.txt"]
    assert b"/build/s/demo-1.0" in first["commands.txt"]
    counts = stats(second)
    assert counts["cache_miss"] == 0
    assert counts["direct_cache_hit"] + counts["preprocessed_cache_hit"] == 3
