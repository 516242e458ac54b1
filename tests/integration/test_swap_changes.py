"""What happens to a swap over time: each change ends in a message whose last lines say what to type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from folder_index import FolderIndex, only
from old_pip import python_for_pip
from support import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

PIP = """
pip = use_extension("@rules_python//python/extensions:pip.bzl", "pip")
pip.parse(
    name = "pip",
    extra_pip_args = ["--index-url=INDEX"],
    python_interpreter = "PYTHON",
    requirements_lock = "//:requirements.txt",
)
use_repo(pip, "pip")
include("//:swap.MODULE.bazel")
"""
NOISE = re.compile("Loading|Analyzing|Computing|INFO|WARNING|  +currently|@@|There were|=====")
SWAP = ("--swap", "swap.MODULE.bazel", "--pip-hub", "pip", "--pip-names=plain")
COMMAND = (
    "bazel run @rules_sdist//tools/lock -- requirements.txt -o lock.json "
    "--swap swap.MODULE.bazel --pip-hub=pip --hub=sdists_hub --pip-names=plain"
)
TOOLCHAIN = """
load("@rules_python//python:py_runtime.bzl", "py_runtime")
load("@rules_python//python:py_runtime_pair.bzl", "py_runtime_pair")
py_runtime(name = "runtime", interpreter_path = "/nowhere/python3.10", python_version = "PY3")
py_runtime_pair(name = "pair", py3_runtime = "runtime")
toolchain(name = "other", toolchain = "pair", toolchain_type = "@rules_python//python:toolchain_type")
"""
BUILD_FILE = """
load("@pip//:requirements.bzl", "all_requirements", "all_whl_requirements")
filegroup(name = "wheels", srcs = all_whl_requirements)
filegroup(name = "libraries", srcs = all_requirements)
platform(name = "macos", constraint_values = ["@platforms//cpu:aarch64", "@platforms//os:macos"])
"""


@dataclass(frozen=True)
class Swapped:
    """A workspace with two toy distributions that are swapped."""

    workspace: Workspace
    index: FolderIndex
    hashes: dict[str, str]

    def require(self, *lines: str) -> None:
        """Writes requirements.txt: names, with more hashes behind them."""
        text = ""
        for line in lines:
            name, *more = line.split()
            text += (
                " ".join([f"{name}==1.0", *(f"--hash=sha256:{digest}" for digest in (self.hashes[name], *more))]) + "\n"
            )
        (self.workspace.root / "requirements.txt").write_text(text)

    def lock(self, *arguments: str) -> None:
        """What the messages say is to be typed."""
        line = ["@rules_sdist//tools/lock", "--", "requirements.txt", "-o", "lock.json", *SWAP, *arguments]
        self.workspace.run("run", *line, env=only(self.index))

    def fails(self, command: str, *arguments: str) -> str:
        """A command's last lines, as a user sees them."""
        done = self.workspace.run(command, *arguments, self.toy, expect=None)
        assert done.code != 0
        lines = [line for line in (done.err + done.out).splitlines() if line.strip() and not NOISE.match(line)]
        return "\n".join(lines[-12:])

    @property
    def toy(self) -> str:
        return f"--repo_env=PIP_INDEX_URL={self.index.url}"


@pytest.fixture(scope="module")
def swapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swapped]:
    folder = tmp_path_factory.mktemp("changes")
    index = FolderIndex(folder / "index")
    index.backend("1.0")
    python = python_for_pip(folder / "pip")
    workspace = Workspace(folder / "w", folder / "o")
    made = Swapped(workspace, index, {"one": index.sdist("one"), "two": index.sdist("two", "one")})
    made.require("one", "two")
    made.lock()
    with (workspace.root / "MODULE.bazel").open("a") as module:
        module.write(PIP.replace("PYTHON", str(python)).replace("INDEX", index.url))
    workspace.package("swap", BUILD_FILE)
    yield made
    workspace.shutdown()


def test_a_swap_that_is_complete_is_counted(swapped: Swapped) -> None:
    done = swapped.workspace.run("test", "@sdists_hub//:check", "--test_output=all", swapped.toy)
    assert "@pip: 2 from rules_sdist.\n" in done.out + done.err


def test_a_deleted_line_is_found_though_the_list_has_it(swapped: Swapped) -> None:
    included = swapped.workspace.root / "swap.MODULE.bazel"
    text = included.read_text()
    assert len(re.findall("    pip_one = .*\n", text)) == 1
    included.write_text(re.sub("    pip_one = .*\n", "", text))  # `overridden` still names it
    message = swapped.fails("test", "@sdists_hub//:check", "--test_output=errors")
    included.write_text(text)
    assert (
        "ERROR: these do not come from rules_sdist, but from rules_python, by pip or from the index:\n  pip_one\n"
        in message
    )
    assert f"  where: @pip\n  fix:   {COMMAND}\n" in message


def test_a_hub_under_another_name(swapped: Swapped) -> None:
    """Bazel's error is at a line of the included file, and above that stands what MODULE.bazel needs."""
    module = swapped.workspace.root / "MODULE.bazel"
    text, line = module.read_text(), 'use_repo(pip, "pip")'
    module.write_text(text.replace(line, 'use_repo(pip, other = "pip")'))
    message = swapped.fails("build", "@sdists_hub//one:whl")
    module.write_text(text)
    place = re.search(r"swap\.MODULE\.bazel:(\d+):\d+: no repository visible as '@pip'", message)
    assert place, message
    above = (swapped.workspace.root / "swap.MODULE.bazel").read_text().splitlines()[: int(place[1])]
    assert any(said == f"#   {line}" for said in above), above


def test_a_removed_requirement(swapped: Swapped) -> None:
    swapped.require("one")
    message = swapped.fails("build", "//swap:wheels")
    place = re.search(r"does not generate repository .* at .*/swap\.MODULE\.bazel:(\d+):", message)
    assert place, message
    above = (swapped.workspace.root / "swap.MODULE.bazel").read_text().splitlines()[: int(place[1])]
    assert any(line == f"#   {COMMAND}" for line in above), above
    swapped.lock()
    done = swapped.workspace.run("test", "@sdists_hub//:check", "--test_output=all", swapped.toy)
    assert "@pip: 1 from rules_sdist.\n" in done.out + done.err
    swapped.require("one", "two")
    swapped.lock()


def test_a_new_version(swapped: Swapped) -> None:
    """Bazel's error is at a line of the included file, and above that stands the command."""
    before = swapped.hashes["two"]
    swapped.hashes["two"] = swapped.index.sdist("two", "")
    swapped.require("one", "two")
    message = swapped.fails("build", "//swap:wheels")
    assert "//:lock.json is stale: requirements.txt has changed since it was made." in message
    assert f"  fix:   {COMMAND}" in message
    assert before != swapped.hashes["two"]
    swapped.lock()
    swapped.workspace.build("//swap:wheels", swapped.toy)
    swapped.hashes["two"] = swapped.index.sdist("two", "one")
    swapped.require("one", "two")
    swapped.lock()


def test_a_wheel_that_may_be_taken(swapped: Swapped) -> None:
    digest = swapped.index.wheel("one", "1.0", "one", "BUILT_WITH = 'the index'\n")
    swapped.require(f"one {digest}", "two")
    assert f"  fix:   {COMMAND}" in swapped.fails("build", "//swap:wheels")
    swapped.lock()
    swapped.workspace.run("test", "@sdists_hub//:check", swapped.toy)
    swapped.require("one", "two")
    swapped.lock()


def test_a_second_python(swapped: Swapped) -> None:
    """Only who builds for it sees an error, with the options that lock for both."""
    swapped.workspace.package("toolchains", TOOLCHAIN)
    other = ("--extra_toolchains=//toolchains:other", "--@rules_sdist//python/settings:host_tools=platform")
    swapped.workspace.run("build", "//swap:libraries", "--nobuild", *other, swapped.toy)
    message = swapped.fails("build", "//swap:wheels", *other)
    assert re.search(r"(one|two) is not locked for cp310_linux_x86_64, only for cp3\d+_linux_x86_64\.", message)
    assert re.search(rf"  fix:   {re.escape(COMMAND)} --python=python3\.\d+ --python=python3\.10\n", message)


def test_a_mac_can_be_analysed(swapped: Swapped) -> None:
    """Only who builds what is not locked for it sees an error, with the option to type."""
    mac = "--platforms=//swap:macos"
    for command, flags in (("query", ()), ("cquery", (mac,)), ("build", (mac, "--nobuild"))):
        target = "deps(//swap:all)" if command == "query" else "//swap:libraries"
        swapped.workspace.run(command, target, *flags, swapped.toy)
    message = swapped.fails("build", "//swap:wheels", mac)
    assert re.search(r"(one|two) is not locked for cp3\d+_osx_aarch64, only for cp3\d+_linux_x86_64\.", message)
    assert f"  fix:   {COMMAND} --platform=manylinux_2_28_x86_64 --platform=macosx_11_0_arm64\n" in message


def test_a_changed_comment(swapped: Swapped) -> None:
    requirements = swapped.workspace.root / "requirements.txt"
    text = requirements.read_text()
    requirements.write_text("# Made by another tool.\n\n" + text.replace("\n", "  # via somebody\n"))
    swapped.workspace.build("//swap:wheels", swapped.toy)
    requirements.write_text(text)


@pytest.mark.parametrize(
    ("name", "content"),
    [("lock.json", None), ("lock.json", "<<<<<<< HEAD\n"), ("swap.MODULE.bazel", None)],
)
def test_a_file_that_is_gone_or_damaged(swapped: Swapped, name: str, content: str | None) -> None:
    """The command works in that state; only an included file, without which Bazel starts nothing, has to be emptied."""
    file = swapped.workspace.root / name
    before = file.read_text()
    cut = not content
    file.unlink() if content is None else file.write_text(content + before if content else "")
    message = swapped.fails("build", "//swap:wheels")
    if name == "lock.json":
        what = "there is no such file" if content is None else "it is no lock of rules_sdist, or it is damaged"
        command = COMMAND.partition("requirements")[0] + "REQUIREMENTS -o lock.json"
        fix = f"  fix:   Take it from version control, or make it anew: {command if cut else COMMAND}\n"
        assert f"//:lock.json: {what}.\n  where: //:lock.json\n{fix}" in message
        if cut:
            assert "stands in the file that lock's --swap has written, above `override_repo`" in message
    else:
        assert name in message
        file.write_text("")
    swapped.lock()
    assert file.read_text() == before
    swapped.workspace.build("//swap:wheels", swapped.toy)


def test_one_that_is_left_to_pip(swapped: Swapped) -> None:
    """What is built still depends on it."""
    swapped.lock("--leave-to-pip=one")
    done = swapped.workspace.run("test", "@sdists_hub//:check", "--test_output=all", swapped.toy)
    assert "@pip: 1 from rules_sdist; left to pip: one.\n" in done.out + done.err
    text = swapped.workspace.run("query", "deps(@sdists_hub//two/any:pkg) intersect @pip//...", swapped.toy).out
    swapped.lock()
    assert "//:one_pkg" in text


SECOND_HUB = """
pip.parse(
    name = "tools",
    requirements_lock = "//:tools.txt",
)
use_repo(pip, "tools")
include("//:tools.MODULE.bazel")
"""


def test_two_hubs(swapped: Swapped) -> None:
    """Each has a lock, and an included file, of its own."""
    root, module = swapped.workspace.root, swapped.workspace.root / "MODULE.bazel"
    before = module.read_text()
    (root / "tools.txt").write_text(f"one==1.0 --hash=sha256:{swapped.hashes['one']}\n")
    line = ["tools.txt", "-o", "tools.json", "--swap=tools.MODULE.bazel", "--pip-hub=tools", "--hub=tools_sdists"]
    swapped.workspace.run("run", "@rules_sdist//tools/lock", "--", *line, "--pip-names=plain", env=only(swapped.index))
    module.write_text(before + SECOND_HUB)
    try:
        for hub, found in (("sdists_hub", "@pip: 2 from"), ("tools_sdists", "@tools: 1 from")):
            done = swapped.workspace.run("test", f"@{hub}//:check", "--test_output=all", swapped.toy)
            assert found in done.out + done.err
        swapped.workspace.build("@tools//:one_whl", "//swap:wheels", swapped.toy)
    finally:
        module.write_text(before)
