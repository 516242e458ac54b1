"""ccache behind the compiler, on psutil: another checkout, at another path, finds all that the first one compiled."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import script_toolchain
from support import CLOSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from support import Workspace

COMPILER = """#!/bin/sh
[ -z "$RECORD" ] || printf '%s\\n' "$PWD" "$@" >>"$RECORD"
[ -n "$CCACHE_DIR" ] || exec /usr/bin/gcc "$@"
exec /usr/bin/ccache /usr/bin/gcc "$@"
"""
MODULE = """
sdists.file(
    name = "psutil",
    distribution = "psutil",
    filename = "psutil-7.2.2.tar.gz",
    sha256 = "0746f5f8d406af344fd547f1c8daa5f5c33dbc293bb8d6a16d80b4bb88f59372",
)
use_repo(sdists, "psutil")
"""
BUILD_FILE = """
py_sdist_wheel(
    name = "wheel",
    build_requires = ["@setuptools_wheel//:file"],
    data = ["cache.tar"],
    env = {
        "CACHE": "$(execpath cache.tar)",
        "CCACHE_DIR": "/build/t/ccache",
        "RECORD": "/build/t/commands.txt",
    },
    allow_host_files = ["/usr/bin/ccache"],
    leak_policy = "warn",  # a cache tells when it was filled
    patches = ["ccache.patch"],
    sdist = "@psutil//:file",
    wheel_tags = "cp36-abi3-{platform}",
)
"""
# It fills ccache's folder before, and puts what is in it then into the wheel.
PATCH = """\
--- a/setup.py
+++ b/setup.py
@@ -557,2 +557,22 @@
 if __name__ == '__main__':
-    main()
+    import tarfile
+    import zipfile
+
+    cache = os.environ["CCACHE_DIR"]
+    builds = "bdist_wheel" in sys.argv
+    os.makedirs(cache, exist_ok=True)
+    if builds:
+        with tarfile.open(os.environ["CACHE"]) as archive:
+            archive.extractall(cache)
+        subprocess.check_call(["/usr/bin/ccache", "--zero-stats"])
+    main()
+    if builds:
+        [wheel] = glob.glob(os.path.join(sys.argv[sys.argv.index("--dist-dir") + 1], "*.whl"))
+        stats = subprocess.check_output(["/usr/bin/ccache", "--print-stats"])
+        with zipfile.ZipFile(wheel, "a", strict_timestamps=False) as archive:
+            archive.writestr("stats.txt", stats)
+            archive.write(os.environ["RECORD"], "commands.txt")
+            for folder, _, names in os.walk(cache):
+                for name in names:
+                    place = os.path.join(folder, name)
+                    archive.write(place, "filled/" + os.path.relpath(place, cache))
"""
SOURCES = 12  # C files that are compiled on Linux


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
    with (workspace.root / "MODULE.bazel").open("a") as module:
        module.write(MODULE)
    workspace.package("psutil", BUILD_FILE, {"cache.tar": packed.getvalue(), "ccache.patch": PATCH})
    workspace.build("//psutil:wheel")
    (file,) = (workspace.bin() / "psutil").glob("*.whl")
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
    assert counts["cache_miss"] >= SOURCES
    filled = {name.removeprefix("filled/"): content for name, content in first.items() if name.startswith("filled/")}
    second = built(machines("another/and/much/longer/path", *flags), filled)
    assert second["commands.txt"] == first["commands.txt"]
    assert b"/build/s/psutil-7.2.2" in first["commands.txt"]
    counts = stats(second)
    assert counts["cache_miss"] == 0
    assert counts["direct_cache_hit"] + counts["preprocessed_cache_hit"] >= SOURCES
