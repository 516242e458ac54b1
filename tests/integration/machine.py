"""What tests know of the machine that they run on."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path

_MAKE_ROOT = Path(__file__).resolve().parents[2] / "tools" / "debian" / "make_root.sh"
# The certificates of a Debian machine. What brings its own, such as uv and old pips, finds no index behind a proxy that
# looks into TLS.
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def cache_folder() -> Path:
    """bazelw's cache, also for tests that change HOME."""
    own = os.environ.get("RULES_SDIST_CACHE")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rules_sdist"


@functools.cache
def index_url() -> str:
    """The index that pip is configured for; bazelw would ask pip for it each time, which takes half a second."""
    from lock.resolve.pip import ASK_PIP

    line = ["python3", "-c", ASK_PIP]  # which has a pip, for it has made this interpreter's environment
    return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()


def debian_root(*packages: str, suite: str = "forky") -> Path:
    """A root file system with packages of Debian, or the one in which `bazelw` runs Bazel; made when it is not there.

    Args:
        *packages: by their names; none for Bazel's.
        suite: of which release.
    """
    command = [str(_MAKE_ROOT), str(cache_folder()), *packages]
    env = {**os.environ, "DEBIAN_SUITE": suite}
    return Path(subprocess.run(command, check=True, env=env, stdout=subprocess.PIPE, text=True).stdout.splitlines()[0])
