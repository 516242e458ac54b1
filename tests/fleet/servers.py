"""The fleet's servers: an HTTP cache (nginx), a gRPC cache and an execution service (buildbox-casd).

All run in a Debian root like the one that `bazelw` makes, see tools/debian; nothing of them is installed on the host.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from code_blocks import blocks_run_by
from machine import debian_root
from support import REPO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HERE = Path(__file__).resolve().parent
_DEBIAN = REPO / "tools" / "debian"
_PACKAGES = ("bubblewrap", "buildbox", "mount", "nginx-light", "python3-grpcio")
_START_SECONDS = 30
_STOP_SECONDS = 10


class ServerError(Exception):
    """A server did not start, or went away.

    Args:
        name: the server's.
        log: what it wrote.
    """

    def __init__(self, name: str, log: Path) -> None:
        super().__init__(f"{name} is not up; it says:\n{log.read_text(errors='replace')[-2000:]}")


@dataclass(frozen=True)
class Server:
    """A running server.

    Args:
        name: for messages.
        port: on 127.0.0.1.
        folder: what it stores.
        log: what it writes.
        process: the server's own process.
    """

    name: str
    port: int
    folder: Path
    log: Path
    process: subprocess.Popen[bytes]

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to all of its processes."""
        os.killpg(self.process.pid, number)


@functools.cache
def fleet_root() -> Path:
    """The root file system with the servers; made when it is not there."""
    return debian_root(*_PACKAGES)


@functools.cache
def bazel_root() -> Path:
    """The root file system in which `bazelw` runs Bazel on Debian: the workers' actions see the same."""
    return debian_root()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(name: str, command: Sequence[str], port: int, folder: Path) -> Iterator[Server]:
    """Starts a server in its root, waits until it answers, and stops it.

    Its own process group and mount namespace: all that it started and mounted goes with it. The kernel ends it, too,
    when this process is killed.

    Args:
        name: for messages and the log's name.
        command: the server and its arguments; it stays in the foreground.
        port: where it will listen.
        folder: of the server's own, for its log and whatever it stores.

    Raises:
        ServerError: it does not start.
    """
    log = folder / f"{name}.log"
    enter = [str(_DEBIAN / "enter.sh"), str(fleet_root())]
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *enter, *command],
            cwd=folder,
            env={"HOME": str(folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerError(name, log)
            time.sleep(0.02)
        yield Server(name, port, folder, log, process)
    finally:
        stop(process)


def answers(port: int) -> bool:
    """Whether somebody listens."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a server and all processes that it left in its group."""
    if process.poll() is None:
        process.terminate()
        process.send_signal(signal.SIGCONT)  # a stopped one would not notice
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


_NGINX = """\
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
"""
# What the page leaves to nginx's own defaults, which would be the machine's.
_NGINX_HTTP = """\
http {{
  access_log {folder}/access.log;
  log_not_found off;
  proxy_temp_path {folder}/tmp;
  fastcgi_temp_path {folder}/tmp;
  uwsgi_temp_path {folder}/tmp;
  scgi_temp_path {folder}/tmp;
"""


def documented_nginx(folder: Path, port: int) -> str:
    """The configuration that docs/how_to/remote_cache.md shows, for a folder and a port of the test's own."""
    (block,) = blocks_run_by("docs/how_to/remote_cache.md", "tests/fleet/servers.py")
    text = block.text
    own = {
        "http {\n": _NGINX_HTTP.format(folder=folder),
        "listen 8080;": f"listen 127.0.0.1:{port};",
        "/var/cache/bazel/.new;": f"{folder}/store/.new;",
        "root /var/cache/bazel;": f"root {folder}/store;",
    }
    for shown, used in own.items():
        assert text.count(shown) == 1, shown
        text = text.replace(shown, used)
    return text


@contextlib.contextmanager
def http_cache(folder: Path) -> Iterator[Server]:
    """nginx with WebDAV: `PUT` and `GET` of /ac/HASH and /cas/HASH are all that Bazel's HTTP cache needs."""
    (folder / "store").mkdir(parents=True)
    port = free_port()
    # Without `user`, root's workers are nobody, who may not write here.
    text = _NGINX.format(folder=folder, user="user root;" if os.getuid() == 0 else "")
    (folder / "nginx.conf").write_text(text + documented_nginx(folder, port))
    with running("nginx", ["nginx", "-c", str(folder / "nginx.conf")], port, folder) as server:
        yield server


@contextlib.contextmanager
def grpc_cache(folder: Path, *arguments: str) -> Iterator[Server]:
    """buildbox-casd, behind a proxy that lets Bazel 7 talk to it.

    Args:
        folder: a new one.
        *arguments: more for buildbox-casd.
    """
    folder.mkdir(parents=True)
    inner, outer = free_port(), free_port()
    casd = ["buildbox-casd", f"--bind=127.0.0.1:{inner}", "--quota-high=8G", "--log-level=warning", *arguments]
    proxy = ["python3", str(_HERE / "grpc_proxy.py"), f"127.0.0.1:{outer}", f"127.0.0.1:{inner}"]
    with (
        running("casd", [*casd, str(folder / "store")], inner, folder),
        running("proxy", proxy, outer, folder) as server,
    ):
        yield server


@contextlib.contextmanager
def execution(folder: Path, *, jobs: int = 2) -> Iterator[Server]:
    """The same with an execution service, whose actions run in bubblewrap.

    They see the inputs and, read-only, /usr and /etc of the root in which Bazel itself runs: the same interpreter and
    compiler. They have no network and a /tmp of their own.

    Args:
        folder: a new one.
        jobs: how many actions run at once.
    """
    usr, etc = bazel_root() / "usr", bazel_root() / "etc"
    mounts = {"/usr": usr, "/etc": etc, "/bin": usr / "bin", "/lib": usr / "lib", "/lib64": usr / "lib64"}
    runner = [f"--ro-bind-mount={source}:{place}" for place, source in mounts.items()]
    with grpc_cache(
        folder,
        "--buildbox-run=/usr/bin/buildbox-run-bubblewrap",
        f"--jobs={jobs}",
        *(f"--runner-arg={argument}" for argument in runner),
    ) as server:
        yield server
