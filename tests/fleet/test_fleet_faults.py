"""Caches that misbehave: the build ends locally, with the right bytes, and nothing wrong is stored or used."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest
from faulty_proxy import FAULTS, faulty_proxy
from machines import Machine, Project, documented_bazelrc, machine
from servers import Server, grpc_cache, http_cache

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FEW = Project(
    "wheels", ("//wheels:markupsafe_wheel", "//wheels:six_wheel", "//downstream:markupsafe.install"), command="build"
)


def patience(hangs: bool) -> list[str]:
    """Flags: with the documented ones each request that hangs would cost half a minute."""
    return ["--remote_timeout=1s", "--remote_retries=0"] if hangs else []


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine(tmp_path_factory.mktemp("m") / "client", FEW, documented_bazelrc({})) as made:
        yield made


@pytest.fixture(scope="module")
def expected(client: Machine) -> dict[str, str]:
    """The wheels as they are without a cache."""
    client.build(FEW)
    wheels = client.wheels()
    assert len(wheels) == 2
    return wheels


@pytest.fixture(scope="module")
def full(client: Machine, expected: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A cache that has everything."""
    with http_cache(tmp_path_factory.mktemp("servers") / "full") as server:
        build(client, server.port, expected)
        yield server


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Server]:
    with http_cache(tmp_path / "empty") as server:
        yield server


def build(client: Machine, port: int, expected: dict[str, str], *flags: str) -> list[str]:
    """Builds everything with an HTTP cache, which ends well; returns what was not fetched."""
    client.clean()
    built = client.build(FEW, "--config=http_cache", f"--remote_cache=http://127.0.0.1:{port}", *flags)
    if "--remote_download_minimal" not in flags:
        assert client.wheels() == expected
    return built.misses()


def wrong_blobs(store: Path) -> list[str]:
    """Blobs that are not what their names say."""
    return [
        file.name for file in (store / "cas").glob("*") if hashlib.sha256(file.read_bytes()).hexdigest() != file.name
    ]


def faults(*in_short_form: str) -> list[Any]:
    """All faults; those that are not named are left to the long form."""
    return [fault if fault in in_short_form else pytest.param(fault, marks=pytest.mark.long) for fault in FAULTS]


@pytest.mark.parametrize("fault", faults("corrupt", "dies"))
def test_fetching(fault: str, client: Machine, full: Server, expected: dict[str, str]) -> None:
    with faulty_proxy(full.port, fault) as proxy:
        misses = build(client, proxy.server_port, expected, *patience(fault == "hangs"))
    assert proxy.faults
    assert misses
    assert wrong_blobs(full.folder / "store") == []


@pytest.mark.parametrize("fault", faults("errors"))
def test_storing(fault: str, client: Machine, empty: Server, expected: dict[str, str]) -> None:
    with faulty_proxy(empty.port, fault) as proxy:
        build(client, proxy.server_port, expected, *patience(fault == "hangs"))
    assert proxy.faults
    assert wrong_blobs(empty.folder / "store") == []
    build(client, empty.port, expected)


@pytest.mark.long
def test_store_that_rots(client: Machine, empty: Server, expected: dict[str, str]) -> None:
    build(client, empty.port, expected)
    for blob in (empty.folder / "store" / "cas").glob("*"):
        data = bytearray(blob.read_bytes())
        data[: len(data) // 2] = bytes(len(data) // 2)
        blob.write_bytes(data)
    assert len(wrong_blobs(empty.folder / "store")) > 100
    assert build(client, empty.port, expected)


@pytest.mark.long
@pytest.mark.parametrize("flags", [(), ("--remote_download_minimal", "--experimental_remote_cache_eviction_retries=5")])
def test_store_that_forgets(flags: tuple[str, ...], client: Machine, empty: Server, expected: dict[str, str]) -> None:
    """Results that name blobs which were removed since."""
    build(client, empty.port, expected)
    shutil.rmtree(empty.folder / "store" / "cas")
    assert build(client, empty.port, expected, *flags)


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, pytest.param(signal.SIGSTOP, marks=pytest.mark.long)], ids=["dies", "hangs"]
)
def test_grpc_server_that_goes_away(
    number: signal.Signals, client: Machine, expected: dict[str, str], tmp_path: Path
) -> None:
    with grpc_cache(tmp_path / "grpc") as server:
        client.clean()
        with sent_during_build(number, server):
            flags = patience(number == signal.SIGSTOP)
            client.build(FEW, "--config=grpc_cache", f"--remote_cache=grpc://127.0.0.1:{server.port}", *flags)
    assert client.wheels() == expected


@contextlib.contextmanager
def sent_during_build(number: signal.Signals, server: Server) -> Iterator[None]:
    """Sends a server a signal as soon as it has stored something."""
    stored = server.folder / "store" / "cas" / "objects"
    sent, over = threading.Event(), threading.Event()

    def send() -> None:
        while not over.wait(0.02):
            if sum(file.is_file() for file in stored.rglob("*")) > 3:
                server.signal(number)
                sent.set()
                return

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert sent.is_set()
