"""What one machine of a fleet has built, all others fetch: over HTTP and gRPC, from real servers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from machines import EXAMPLE, WHEELS, WHOLE_EXAMPLE, Built, Project, documented_bazelrc, machine
from servers import Server, grpc_cache, http_cache

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


OTHER_CLIENT = "somebody-else"  # in `clients.other_client`


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    folder = tmp_path_factory.mktemp("servers")
    with http_cache(folder / "http") as http, grpc_cache(folder / "grpc") as grpc:
        yield {"http": http, "grpc": grpc}


@pytest.fixture(scope="module")
def bazelrc(servers: dict[str, Server]) -> str:
    """The documentation's lines, for our servers."""
    http, grpc = (f"127.0.0.1:{servers[name].port}" for name in ("http", "grpc"))
    return documented_bazelrc({"cache.example.com:8080": http, "cache.example.com:8980": grpc})


@pytest.mark.parametrize(
    ("kind", "project"),
    [
        pytest.param("http", WHEELS, id="http-wheels"),
        pytest.param("http", WHOLE_EXAMPLE, id="http-pyyaml", marks=pytest.mark.long),
        pytest.param("grpc", EXAMPLE, id="grpc-pyyaml"),
        pytest.param("grpc", WHEELS, id="grpc-wheels", marks=pytest.mark.long),
    ],
)
def test_a_second_machine_builds_nothing(kind: str, project: Project, bazelrc: str, tmp_path: Path) -> None:
    config = f"--config={kind}_cache"
    with machine(tmp_path / "a", project, bazelrc) as first:
        built = first.build(project, config)
        wheels = first.wheels()
    assert {"PySdistWheel", "PyWheelInstall", "TestRunner"} <= {spawn["mnemonic"] for spawn in built.spawns}
    assert len(built.misses()) == len(built.spawns) > 0

    assert_tells_nothing(built, tmp_path)

    with machine(tmp_path / "b", project, bazelrc, different=True) as second:
        again = second.build(project, config)
        assert_all_fetched(again, built)
        assert_tells_nothing(again, tmp_path)
        fetched = second.wheels()  # those that were asked for, but not what they were built with
        assert 0 < len(fetched) <= len(wheels)
        assert fetched.items() <= wheels.items()

        second.clean()
        minimal = second.build(project, config, "--remote_download_minimal")
        assert_all_fetched(minimal, built)
        assert second.wheels() == {}

        # Although no cache has the wheels, what is made of them is there: by their bytes.
        second.clean()
        rebuilt = second.build(project, config, "--modify_execution_info=PySdistWheel=+no-cache")
        assert {name.split()[0] for name in rebuilt.misses()} == {"PySdistWheel"}
        assert len(rebuilt.spawns) == len(built.spawns)
        assert wheels.items() <= second.wheels().items()


def assert_tells_nothing(built: Built, folder: Path) -> None:
    """Nothing that was in a key names the machine's folders or its user."""
    log = json.dumps([{**spawn, "metrics": None} for spawn in built.spawns])
    assert str(folder) not in log
    assert OTHER_CLIENT not in log


def assert_all_fetched(built: Built, first: Built) -> None:
    """All that the first machine executed was fetched, and nothing else was done."""
    assert built.misses() == []
    assert {spawn["runner"] for spawn in built.spawns} == {"remote cache hit"}
    assert sorted(outputs(built)) == sorted(outputs(first))


def outputs(built: Built) -> list[str]:
    return [
        f"{output['path']} {output['digest']['hash']}" for spawn in built.spawns for output in spawn["actualOutputs"]
    ]
