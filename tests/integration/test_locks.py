"""Locks: build requirements stay as they are until asked otherwise, and a hub is built from nothing else."""
# Long: all of its tests share one workspace with one lock; not yet split by theme.

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from folder_index import BACKEND_WHEEL, FolderIndex, only
from support import REPO, Workspace, backend_project, heed_interrupts, make_sdist

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def run_lock(index: FolderIndex, folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The plain Python command."""
    line = [sys.executable, str(REPO / "tools" / "lock"), "requirements.txt", "-o", "lock.json", *arguments]
    return subprocess.run(
        line, cwd=folder, env={**os.environ, **only(index), **variables}, capture_output=True, text=True, check=False
    )


def bazel_lock(workspace: Workspace, index: FolderIndex, *arguments: str) -> None:
    """The same through Bazel, so with the Python that builds."""
    line = ["@rules_sdist//tools/lock", "--", "requirements.txt", "-o", "lock.json", *arguments]
    workspace.run("run", *line, env=only(index))


@pytest.fixture
def index(tmp_path: Path) -> FolderIndex:
    made = FolderIndex(tmp_path / "index")
    made.backend("1.0")
    return made


def require(folder: Path, **hashes: str) -> None:
    lines = [f"{name}==1.0 --hash=sha256:{digest}\n" for name, digest in hashes.items()]
    (folder / "requirements.txt").write_text("".join(lines))


def versions(folder: Path) -> dict[str, str]:
    data = json.loads((folder / "lock.json").read_text())
    return {item["distribution"]: item["version"] for item in data["build_files"]}


def test_newer_build_requirement_changes_nothing_until_asked(tmp_path: Path, index: FolderIndex) -> None:
    require(tmp_path, one=index.sdist("one"))
    assert run_lock(index, tmp_path).returncode == 0
    before = (tmp_path / "lock.json").read_bytes()
    index.backend("2.0")
    assert run_lock(index, tmp_path, "--check").returncode == 0
    require(tmp_path, one=index.sdist("one"), two=index.sdist("two"))  # makes the lock anew
    assert run_lock(index, tmp_path).returncode == 0
    assert versions(tmp_path) == {"toy-backend": "1.0"}
    require(tmp_path, one=index.sdist("one"))
    assert run_lock(index, tmp_path).returncode == 0
    assert (tmp_path / "lock.json").read_bytes() == before

    stale = run_lock(index, tmp_path, "--check", "--upgrade", "toy-backend")
    assert stale.returncode == 1
    assert '+   "filename": "toy_backend-2.0-py3-none-any.whl",' in stale.stdout
    assert (tmp_path / "lock.json").read_bytes() == before
    assert run_lock(index, tmp_path, "--upgrade", "toy-backend").returncode == 0
    assert versions(tmp_path) == {"toy-backend": "2.0"}


def test_an_override_says_whether_there_are_entry_points(tmp_path: Path, index: FolderIndex) -> None:
    """For backends that make other files than their project's tables say: no lock of them could be used otherwise."""
    require(tmp_path, one=index.sdist("one"))
    (tmp_path / "sdists.toml").write_text("[distributions.one]\nentry_points = true\n")
    assert run_lock(index, tmp_path, "--overrides", "sdists.toml").returncode == 0
    assert json.loads((tmp_path / "lock.json").read_text())["sdists"][0]["entry_points"] is True


def test_wheel_beside_the_locked_sdist_is_not_used(tmp_path: Path, index: FolderIndex) -> None:
    digest = index.sdist("one")
    index.wheel("one", "1.0", "one", "BUILT_WITH = 'nobody knows'\n")
    require(tmp_path, one=digest)
    assert run_lock(index, tmp_path).returncode == 0
    data = json.loads((tmp_path / "lock.json").read_text())
    (one,) = data["sdists"]
    told = [one[key] for key in ("filename", "name", "entry_points", "variant")]
    assert told == ["one-1.0.tar.gz", "one", False, "any"]
    assert data["wheels"] == []


def test_build_requirements_from_source(tmp_path: Path, index: FolderIndex) -> None:
    """No wheel in the graph, down to the backend that builds itself; its version is kept like any other."""
    index.self_building_backend("1.0")
    require(tmp_path, one=index.sdist("one"))
    done = run_lock(index, tmp_path, "--build-requires-from-source")
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "lock.json").read_text())
    assert data["build_files"] == []
    assert [item["filename"] for item in data["build_sdists"]] == ["toy_backend-1.0.tar.gz"]
    assert data["sdists"][0]["build_requires"] == ["toy_backend-1.0.tar.gz"]
    index.backend("2.0")
    index.self_building_backend("2.0")
    require(tmp_path, one=index.sdist("one"), two=index.sdist("two"))  # makes the lock anew
    assert run_lock(index, tmp_path, "--build-requires-from-source").returncode == 0
    renewed = json.loads((tmp_path / "lock.json").read_text())
    assert [item["distribution"] for item in renewed["sdists"]] == ["one", "two"]
    assert renewed["build_sdists"] == data["build_sdists"]


def test_build_requirement_without_an_sdist(tmp_path: Path, index: FolderIndex) -> None:
    require(tmp_path, one=index.sdist("one"))
    done = run_lock(index, tmp_path, "--build-requires-from-source")
    assert done.returncode == 2
    assert "The index has no sdist of toy-backend 1.0" in done.stderr
    assert "--wheel toy-backend" in done.stderr
    assert run_lock(index, tmp_path, "--build-requires-from-source", "--wheel", "toy-backend").returncode == 0


def test_second_run_asks_nobody(tmp_path: Path, index: FolderIndex) -> None:
    require(tmp_path, one=index.sdist("one"))
    assert run_lock(index, tmp_path).returncode == 0
    index.url = "http://127.0.0.1:9/simple"
    assert run_lock(index, tmp_path).returncode == 0
    assert run_lock(index, tmp_path, "--build", "one").returncode == 2  # another lock: the index is needed


def test_check_finds_an_edited_lock(tmp_path: Path, index: FolderIndex) -> None:
    digest = index.sdist("one")
    require(tmp_path, one=digest)
    assert run_lock(index, tmp_path).returncode == 0
    lock = tmp_path / "lock.json"
    lock.write_text(lock.read_text().replace(digest, "0" * 64))
    done = run_lock(index, tmp_path, "--check")
    assert done.returncode == 1
    assert f'+   "sha256": "{digest}",' in done.stdout


def test_lock_names_no_host_and_is_the_same_elsewhere(tmp_path: Path, index: FolderIndex) -> None:
    require(tmp_path, one=index.sdist("one"), two=index.sdist("two", "one"))
    assert run_lock(index, tmp_path).returncode == 0
    text = (tmp_path / "lock.json").read_text()
    assert "://" not in text
    assert str(tmp_path) not in text
    (tmp_path / "lock.json").unlink()
    assert run_lock(index, tmp_path).returncode == 0
    assert (tmp_path / "lock.json").read_text() == text


def test_failure_leaves_the_old_lock_whole(tmp_path: Path, index: FolderIndex) -> None:
    require(tmp_path, one=index.sdist("one"))
    assert run_lock(index, tmp_path).returncode == 0
    before = (tmp_path / "lock.json").read_bytes()
    require(tmp_path, one="0" * 64)
    done = run_lock(index, tmp_path)
    assert done.returncode == 2
    assert "one 1.0 has no sdist whose hash the requirements allow" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "lock.json").read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def test_interrupted(tmp_path: Path, index: FolderIndex) -> None:
    """While an index keeps silent: the command ends at once, the old lock is whole."""
    require(tmp_path, one=index.sdist("one"))
    assert run_lock(index, tmp_path).returncode == 0
    before = (tmp_path / "lock.json").read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line = [sys.executable, str(REPO / "tools" / "lock"), "requirements.txt", "-o", "lock.json", "--build", "one"]
        env = {**os.environ, **only(index), "PIP_INDEX_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/simple"}
        process = subprocess.Popen(
            line, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
        )
        silent.accept()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)  # its own patience with an index is twice that
    assert process.returncode == 130, said
    assert "Interrupted; the lock is as it was." in said
    assert "Traceback" not in said
    assert (tmp_path / "lock.json").read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def test_build_requirement_that_does_not_exist(tmp_path: Path, index: FolderIndex) -> None:
    files = backend_project("return 1", requires=["not-there>=3"])
    archive = make_sdist(files, index.place("odd-1.0.tar.gz"))
    require(tmp_path, odd=index.publish(archive))
    done = run_lock(index, tmp_path)
    assert done.returncode == 2
    assert "pip finds no wheels for the build requirements of odd-1.0.tar.gz: not-there>=3" in done.stderr


def test_build_requirements_that_conflict(tmp_path: Path, index: FolderIndex) -> None:
    index.backend("2.0")
    files = backend_project("return 1", requires=["toy-backend<2", "toy-backend>=2"])
    require(tmp_path, odd=index.publish(make_sdist(files, index.place("odd-1.0.tar.gz"))))
    done = run_lock(index, tmp_path)
    assert done.returncode == 2
    assert (
        "pip finds no wheels for the build requirements of odd-1.0.tar.gz: toy-backend<2, toy-backend>=2" in done.stderr
    )
    assert not (tmp_path / "lock.json").exists()


NETWORK_BACKEND = """\
def get_requires_for_build_wheel(config_settings=None):
    import urllib.request
    urllib.request.urlopen("http://files.example/tool.tar.gz")
"""


def test_backend_that_needs_the_network(tmp_path: Path, index: FolderIndex) -> None:
    """An error that says where to write what the backend would have answered; with that, it is not asked."""
    table = '[build-system]\nrequires = []\nbuild-backend = "odd"\nbackend-path = ["."]\n'
    archive = make_sdist({"pyproject.toml": table, "odd.py": NETWORK_BACKEND}, index.place("odd-1.0.tar.gz"))
    require(tmp_path, odd=index.publish(archive), one=index.sdist("one"))
    done = run_lock(index, tmp_path)
    assert done.returncode == 2
    assert "odd-1.0.tar.gz can't be asked what it needs. The backend odd tried to use the network" in done.stderr
    assert "That goes under [distributions.odd] of the overrides" in done.stderr
    assert not (tmp_path / "lock.json").exists()
    (tmp_path / "sdists.toml").write_text('[distributions.odd]\nrequires_dist = ["one"]\n')
    assert run_lock(index, tmp_path, "--overrides", "sdists.toml").returncode == 0
    odd, _ = json.loads((tmp_path / "lock.json").read_text())["sdists"]
    assert odd["requires"] == ["one"]


def test_project_that_asks_for_another_backend_than_it_was_locked_with(tmp_path: Path, index: FolderIndex) -> None:
    """Pins are kept where they fit; where they don't, they do not stop the lock."""
    require(tmp_path, one=index.sdist("one"))
    assert run_lock(index, tmp_path).returncode == 0
    index.backend("2.0")
    table = '[build-system]\nrequires = ["toy-backend>=2"]\nbuild-backend = "toy_backend"\n'
    files = {"pyproject.toml": table, "name.txt": "two", "requires.txt": ""}
    two = index.publish(make_sdist(files, index.place("two-1.0.tar.gz")))
    require(tmp_path, one=index.sdist("one"), two=two)
    assert run_lock(index, tmp_path).returncode == 0
    data = json.loads((tmp_path / "lock.json").read_text())
    assert {item["distribution"]: item["build_requires"] for item in data["sdists"]} == {
        "one": ["toy_backend-1.0-py3-none-any.whl"],
        "two": ["toy_backend-2.0-py3-none-any.whl"],
    }


LOCK_TAG = """
sdists.lock(
    name = "deps",
    lock = "//:lock.json",
)
use_repo(sdists, "deps")
"""
HUB_TEST = """
load("@deps//:requirements.bzl", "requirement", "all_requirements")
load("@rules_python//python:py_test.bzl", "py_test")
py_test(name = "hub_test", size = "small", srcs = ["hub_test.py"], deps = [requirement("two")])
filegroup(name = "wheels", srcs = ["@deps//one:whl", "@deps//two:whl"])
"""
UNKNOWN = """
load("@deps//:requirements.bzl", "requirement")
filegroup(name = "unknown", srcs = [requirement("three")])
"""
HUB_PROGRAM = """
import importlib.metadata
import one, two
assert (one.BUILT_WITH, two.BUILT_WITH) == ("1.0", "1.0")
assert importlib.metadata.requires("two") == ["one"]
"""


@pytest.fixture
def hub(tmp_path: Path, index: FolderIndex) -> Iterator[Workspace]:
    """A workspace whose hub is made from a lock of two sdists, one needing the other."""
    workspace = Workspace(tmp_path / "w", tmp_path / "o")
    require(workspace.root, one=index.sdist("one"), two=index.sdist("two", "one"))
    with (workspace.root / "requirements.txt").open("a") as requirements:
        requirements.write(f"elsewhere==1.0 ; sys_platform == 'win32' --hash=sha256:{'0' * 64}\n")
    # The helper's own libraries come from the real index, so fetch them before the toy one takes its place.
    workspace.build("@rules_sdist//tools/...")
    bazel_lock(workspace, index)
    with (workspace.root / "MODULE.bazel").open("a") as module:
        module.write(LOCK_TAG)
    workspace.package("hub", HUB_TEST, {"hub_test.py": HUB_PROGRAM})
    yield workspace
    workspace.shutdown()


def test_hub_of_a_lock(hub: Workspace, index: FolderIndex) -> None:
    """Built, imported, and stale when its input changes."""
    toy = f"--repo_env=PIP_INDEX_URL={index.url}"
    hub.run("test", "//hub:hub_test", toy)
    hub.build("//hub:wheels", toy)
    text = hub.run("aquery", 'mnemonic("PySdistWheel", deps(//hub:wheels))', toy).out
    assert text.count("Mnemonic: PySdistWheel") == 2
    message = hub.build("@deps//elsewhere", toy, expect=1).err
    assert 'elsewhere is not locked: its marker, sys_platform == "win32", is false on cp314_linux_x86_64.' in message
    assert (
        "Remove it from `deps`, or let `select` add it elsewhere; or change the requirements, and type: bazel"
        in message
    )
    hub.run("cquery", "deps(@deps//elsewhere:whl)", toy)
    hub.package("unknown", UNKNOWN)
    message = hub.build("//unknown", toy, expect=1).err
    assert "three is not in the lock of the hub @deps; it has one, two." in message
    assert "where: @deps//:requirements.bzl" in message
    assert "fix:   Write one of these, or add it to the requirements, and type: bazel run @rules_sdist//" in message
    text = (hub.root / "lock.json").read_text()
    data = json.loads(text)
    data["sdists"][0]["attributes"] = {"native_deps": ["library"]}
    (hub.root / "lock.json").write_text(json.dumps(data))
    message = hub.build("//hub:wheels", toy, expect=48).err
    assert '//:lock.json: native_deps of one has "library", which is no label.' in message
    assert "into the lock's overrides, and type: bazel run @rules_sdist//tools/lock -- requirements.txt" in message
    (hub.root / "lock.json").write_text(text)

    with (hub.root / "requirements.txt").open("a") as requirements:
        requirements.write("# changed\n")
    hub.build("//hub:wheels", toy)
    require(hub.root, one=index.sdist("one"))
    message = hub.build("//hub:wheels", toy, expect=48).err
    assert "//:lock.json is stale: requirements.txt has changed" in message
    assert "bazel run @rules_sdist//tools/lock -- requirements.txt -o lock.json" in message


def test_distributions_that_need_each_other(hub: Workspace, index: FolderIndex) -> None:
    """No cycle among the targets: whoever needs one of them gets all."""
    toy = f"--repo_env=PIP_INDEX_URL={index.url}"
    require(hub.root, one=index.sdist("one", "two"), two=index.sdist("two", "one three"), three=index.sdist("three"))
    bazel_lock(hub, index)
    assert json.loads((hub.root / "lock.json").read_text())["cycles"] == [["one", "two"]]
    program = "import importlib.metadata, one, two, three\nassert importlib.metadata.requires('one') == ['two']\n"
    (hub.root / "hub" / "hub_test.py").write_text(program)
    hub.run("test", "//hub:hub_test", toy)
    text = hub.run("cquery", "@deps//one:whl", "--output=files", toy).out
    assert text.split() == [line for line in text.split() if line.endswith("one-1.0-py3-none-any.whl")]


PATCH = """\
--- a/requires.txt
+++ b/requires.txt
@@ -1 +1 @@
-nothing
+one
"""
OVERRIDES = """
[distributions.two]
build_requires = ["more-tools"]
config_settings = { key = "value" }
data = ["//hub:toy.txt"]
env = { TOY = "$(execpath //hub:toy.txt)" }
native_deps = ["//hub:library"]
patches = ["hub/two.patch"]
"""
OVERRIDES_TARGETS = """
load("@rules_cc//cc:cc_library.bzl", "cc_library")
cc_library(name = "library", visibility = ["//visibility:public"])
exports_files(["toy.txt", "two.patch"])
"""
OVERRIDES_PROGRAM = """
import importlib.metadata
import two
assert (two.TOY, two.SETTINGS) == ("story", {"key": "value"})
assert importlib.metadata.requires("two") == ["one"]
import one
"""


def test_overrides(hub: Workspace, index: FolderIndex) -> None:
    """What the TOML file says decides what is locked and what is built; a change of it makes the lock stale."""
    toy = f"--repo_env=PIP_INDEX_URL={index.url}"
    require(hub.root, one=index.sdist("one"), two=index.sdist("two", "nothing\n"))
    index.wheel("more_tools", "1.0", "more_tools", "")
    (hub.root / "sdists.toml").write_text(OVERRIDES)
    files = {"hub_test.py": OVERRIDES_PROGRAM, "toy.txt": "story", "two.patch": PATCH}
    hub.package("hub", HUB_TEST + OVERRIDES_TARGETS, files)
    bazel_lock(hub, index, "--overrides", "sdists.toml")
    (two,) = (
        item for item in json.loads((hub.root / "lock.json").read_text())["sdists"] if item["distribution"] == "two"
    )
    assert two["build_requires"] == ["more_tools-1.0-py3-none-any.whl", "toy_backend-1.0-py3-none-any.whl"]
    assert two["requires"] == ["one"]
    assert two["attributes"]["patches"] == ["//hub:two.patch"]
    hub.run("test", "//hub:hub_test", toy)
    (hub.root / "hub" / "two.patch").write_text(PATCH + "\n")
    message = hub.build("//hub:wheels", toy, expect=48).err
    assert "//:lock.json is stale: hub/two.patch has changed" in message
    assert "requirements.txt -o lock.json --overrides sdists.toml" in message


TOOLCHAINS = """
load("@rules_python//python:py_runtime.bzl", "py_runtime")
load("@rules_python//python:py_runtime_pair.bzl", "py_runtime_pair")
[
    (
        py_runtime(name = "r" + version, interpreter_path = "/nowhere/python" + version, python_version = "PY3"),
        py_runtime_pair(name = "p" + version, py3_runtime = "r" + version),
        toolchain(
            name = version,
            toolchain = "p" + version,
            toolchain_type = "@rules_python//python:toolchain_type",
        ),
    )
    for version in ["3.9", "3.10"]
]
"""


def test_hub_selects_by_python(hub: Workspace, index: FolderIndex) -> None:
    """Each target Python gets what was locked for it; one that was not is an error that says how to lock for it."""
    toy = f"--repo_env=PIP_INDEX_URL={index.url}"
    place = hub.root / "lock.json"
    data = json.loads(place.read_text())
    (here,) = data["environments"]
    (one, *others) = data["sdists"]
    older = {
        **one,
        "environments": ["cp39_linux_x86_64"],
        "variant": "cp39_linux_x86_64",
        "wheel_tags": "cp39-none-any",
    }
    data["sdists"] = [{**one, "environments": [here]}, older, *others]
    data["environments"] = [here, "cp39_linux_x86_64"]
    place.write_text(json.dumps(data))
    hub.package("toolchains", TOOLCHAINS)

    nowhere = "--@rules_sdist//python/settings:host_tools=platform"

    def files(*flags: str) -> str:
        shown = hub.run("cquery", "@deps//one:whl", "--output=files", toy, nowhere, *flags).out
        return shown.strip().rpartition("/")[2]

    assert files() == "one-1.0-py3-none-any.whl"
    assert files("--extra_toolchains=//toolchains:3.9") == "one-1.0-cp39-none-any.whl"
    message = hub.build("@deps//one:whl", toy, nowhere, "--extra_toolchains=//toolchains:3.10", expect=1).err
    assert f"one is not locked for cp310_linux_x86_64, only for {here}, cp39_linux_x86_64." in message
    newest = f"python3.{here.partition('_')[0][len('cp3') :]}"
    command = "bazel run @rules_sdist//tools/lock -- requirements.txt -o lock.json"
    assert f"  fix:   {command} --python={newest} --python=python3.9 --python=python3.10\n" in message


PIP = """
pip = use_extension("@rules_python//python/extensions:pip.bzl", "pip")
pip.parse(
    name = "pip",
    python_interpreter = "/bin/false",
    requirements_lock = "//:requirements.txt",
)
use_repo(pip, "pip")
"""
SWAP_TEST = """
load("@pip//:requirements.bzl", "requirement", "whl_requirement")
load("@rules_python//python:py_test.bzl", "py_test")
py_test(name = "swap_test", size = "small", srcs = ["swap_test.py"], deps = [requirement("two")])
filegroup(name = "wheels", srcs = [whl_requirement("one"), whl_requirement("two")])
"""


def test_swap_of_rules_pythons_sdists(tmp_path: Path, index: FolderIndex) -> None:
    """`pip.parse` stays, its BUILD files too; pip, whose interpreter fails here, is never started."""
    workspace = Workspace(tmp_path / "w", tmp_path / "o")
    require(workspace.root, one=index.sdist("one"), two=index.sdist("two", "one"))
    module = workspace.root / "MODULE.bazel"
    text = module.read_text()
    module.write_text(text + PIP)
    workspace.package("swap", SWAP_TEST, {"swap_test.py": HUB_PROGRAM})
    workspace.build("@rules_sdist//tools/...")
    toy = f"--repo_env=PIP_INDEX_URL={index.url}"
    assert "whl_library" in workspace.build("//swap:wheels", toy, expect=1).err  # without the swap it goes to pip

    swap = ["--swap", "swap.MODULE.bazel", "--pip-hub", "pip", "--pip-names=plain"]
    bazel_lock(workspace, index, *swap)
    module.write_text(text + PIP + 'include("//:swap.MODULE.bazel")\n')
    workspace.run("test", "//swap:swap_test", toy)
    workspace.build("//swap:wheels", toy)
    actions = workspace.run("aquery", 'mnemonic("PySdistWheel", deps(//swap:wheels))', toy).out
    assert actions.count("Mnemonic: PySdistWheel") == 2
    bazel_lock(workspace, index, *swap, "--check")
    workspace.shutdown()


HOSTILE = """
import os, socket, toy_backend
from toy_backend import build_wheel

def _read():
    return open(KEY).read()

def _look():
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if folder != "/" or name != "proc"]
        if "a_key_of_the_user" in files:
            return True

def _connect():
    return socket.create_connection(("127.0.0.1", PORT), timeout=5)

def _change():
    return open(os.path.realpath(toy_backend.__file__), "a").write("# changed")

def get_requires_for_build_wheel(config_settings=None):
    for attempt in (_read, _look, _connect, _change):
        try:
            done = attempt()
        except OSError:
            continue
        if done:
            raise SystemExit(f"it could {attempt.__name__}")
    return []
"""


def test_code_of_an_sdist_that_is_asked_reaches_nothing_of_the_machine(tmp_path: Path, index: FolderIndex) -> None:
    """Nor what the next one is asked with."""
    key = tmp_path / "home" / ".ssh" / "a_key_of_the_user"
    key.parent.mkdir(parents=True)
    key.write_text("s3cret")
    table = '[build-system]\nrequires = ["toy-backend"]\nbuild-backend = "odd"\nbackend-path = ["."]\n'
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = HOSTILE.replace("KEY", repr(str(key))).replace("PORT", str(server.getsockname()[1]))
        files = {"pyproject.toml": table, "odd.py": code, "name.txt": "odd", "requires.txt": "one"}
        archive = make_sdist(files, index.place("odd-1.0.tar.gz"))
        require(tmp_path, odd=index.publish(archive), one=index.sdist("one"))
        done = run_lock(index, tmp_path, HOME=str(tmp_path / "home"))
    assert done.returncode == 0, done.stderr
    odd, _ = json.loads((tmp_path / "lock.json").read_text())["sdists"]
    assert odd["requires"] == ["one"]


def test_a_program_that_an_sdist_asks_for_is_told_with_what_to_write(tmp_path: Path, index: FolderIndex) -> None:
    table = '[build-system]\nrequires = []\nbuild-backend = "odd"\nbackend-path = ["."]\n'
    code = BACKEND_WHEEL.replace("VERSION", "1.0") + (
        "def get_requires_for_build_wheel(config_settings=None):\n"
        '    import subprocess\n    subprocess.run(["make", "--version"], check=True)\n    return []\n'
    )
    files = {"pyproject.toml": table, "odd.py": code, "name.txt": "odd", "requires.txt": ""}
    require(tmp_path, odd=index.publish(make_sdist(files, index.place("odd-1.0.tar.gz"))))
    done = run_lock(index, tmp_path)
    assert done.returncode == 2
    assert "odd-1.0.tar.gz can't be asked what it needs. The backend odd failed" in done.stderr
    assert "no program make of the machine" in done.stderr
    assert 'allow_host_files = ["/usr/bin/make"]' in done.stderr
    assert "That goes under [distributions.odd] of the overrides" in done.stderr
    assert "requires_dist" in done.stderr
    (tmp_path / "sdists.toml").write_text('[distributions.odd]\nallow_host_files = ["/usr/bin/make"]\n')
    done = run_lock(index, tmp_path, "--overrides", "sdists.toml")
    assert done.returncode == 0, done.stderr


def test_build_requirements_that_a_backend_asks_for_are_there_when_it_is_asked_again(
    tmp_path: Path, index: FolderIndex
) -> None:
    index.wheel("more_tools", "1.0", "more_tools", "X = 1")
    table = '[build-system]\nrequires = []\nbuild-backend = "odd"\nbackend-path = ["."]\n'
    code = (
        "import os\n"
        + BACKEND_WHEEL.replace("VERSION", "1.0").replace("    import", "    import more_tools,", 1)
        + (
            "def get_requires_for_build_wheel(config_settings=None):\n"
            '    assert not os.path.exists("mark")\n    open("mark", "w").close()\n    return ["more-tools"]\n'
        )
    )
    files = {"pyproject.toml": table, "odd.py": code, "name.txt": "odd", "requires.txt": "one"}
    archive = make_sdist(files, index.place("odd-1.0.tar.gz"))
    require(tmp_path, odd=index.publish(archive), one=index.sdist("one"))
    done = run_lock(index, tmp_path)
    assert done.returncode == 0, done.stderr
    odd, _ = json.loads((tmp_path / "lock.json").read_text())["sdists"]
    assert odd["requires"] == ["one"]
    assert odd["build_requires"] == ["more_tools-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("is_direct", [True, False])
@pytest.mark.parametrize("backend", ["setup.py", "its own"])
def test_pip_runs_no_code_of_what_is_no_wheel(
    tmp_path: Path, index: FolderIndex, is_direct: bool, backend: str
) -> None:
    """A requirement with an address of its own may lead to an sdist, which pip would build."""
    run = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n"
    table = '[build-system]\nrequires = []\nbuild-backend = "back"\nbackend-path = ["."]\n'
    files = {"setup.py": run} if backend == "setup.py" else {"pyproject.toml": table, "back.py": run}
    evil = make_sdist({**files, "PKG-INFO": "Name: evil\nVersion: 1.0\n"}, index.place("evil-1.0.tar.gz"))
    requirement = f"evil @ {evil.as_uri()}"
    if not is_direct:
        index.wheel("between", "1.0", "between", "", f"Requires-Dist: {requirement}\n")
        requirement = "between"
    archive = make_sdist(backend_project("return 1", requires=[requirement]), index.place("odd-1.0.tar.gz"))
    require(tmp_path, odd=index.publish(archive))
    done = run_lock(index, tmp_path)
    assert not (tmp_path / "ran").exists()
    assert done.returncode == 2
    assert "pip finds no wheels for the build requirements of odd-1.0.tar.gz" in done.stderr
    assert "pip would run code of something that is no wheel" in done.stderr
