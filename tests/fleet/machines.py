"""The machines of a fleet, and what they build."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clients import other_client
from code_blocks import blocks_run_by
from corpus_machines import LOCK, package_name, write_workspace
from support import REPO, Result, Workspace, spawns

from corpus import read_names
from lock.lockfile import read_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_PAGES = ("docs/tutorial/shared_cache.md", "docs/how_to/remote_cache.md", "docs/how_to/remote_execution.md")
CORPUS = REPO / "tests" / "corpus"
OTHER_USER = 4242

_DOWNSTREAM = """\
load("@rules_python//python:py_test.bzl", "py_test")

[py_wheel_library(
    name = name,
    wheel = "//wheels:%s_wheel" % name,
) for name in ["greenlet", "markupsafe", "packaging", "pyyaml"]]

py_test(
    name = "downstream_test",
    srcs = ["downstream_test.py"],
    deps = [":greenlet", ":markupsafe", ":packaging", ":pyyaml"],
)

genrule(
    name = "consumer",
    srcs = ["//wheels:greenlet_wheel"],
    outs = ["sha256"],
    cmd = "sha256sum < $< > $@",
)
"""
_DOWNSTREAM_TEST = """\
import greenlet, markupsafe._speedups, packaging.version, yaml

assert greenlet.greenlet(lambda: 1).switch() == 1
assert str(markupsafe.escape("<")) == "&lt;"
assert yaml.load("a: [1, 2]", yaml.CSafeLoader) == {"a": [1, 2]}
"""


@dataclass(frozen=True)
class Project:
    """A workspace that machines build, and what of it.

    Args:
        name: "pyyaml", "wheels" or "corpus".
        targets: what of it.
        command: "test", or "build" where there are no tests.
    """

    name: str
    targets: tuple[str, ...]
    command: str = "test"

    def write(self, root: Path) -> None:
        """Makes the workspace in a folder that does not exist."""
        if self.name == "wheels":
            made = Workspace(root, root)
            made.package("downstream", _DOWNSTREAM, {"downstream_test.py": _DOWNSTREAM_TEST})
        elif self.name == "corpus":
            write_workspace(root)
        else:
            shutil.copytree(REPO / "examples" / "pyyaml", root, ignore=shutil.ignore_patterns("bazel-*"))
            module = root / "MODULE.bazel"
            module.write_text(module.read_text().replace('path = "../.."', f'path = "{REPO}"'))


EXAMPLE = Project("pyyaml", ("//app/...", "//third_party:pyyaml_wheel"))
WHOLE_EXAMPLE = Project("pyyaml", ("//...",))
"""With its reproducibility test, which builds the wheel once more."""
WHEELS = Project("wheels", ("//wheels:all_wheels", "//downstream/..."))


def corpus(names: Iterable[str]) -> Project:
    """Real packages of tests/corpus.

    Args:
        names: which.
    """
    return Project("corpus", tuple(f"@deps//{package_name(name)}:whl" for name in names), "build")


def corpus_names() -> list[str]:
    """All of tests/corpus."""
    return [sdist.distribution for sdist in read_lock(LOCK).sdists]


def dozen() -> list[str]:
    """Those of tests/corpus that CI builds: of each kind one."""
    return read_names(CORPUS / "fast.txt")


def documented_bazelrc(addresses: Mapping[str, str]) -> str:
    """The lines that the pages about fleets say to paste, with servers of the test's own.

    Args:
        addresses: the servers, by the pages' names for them.
    """
    text = "".join(block.text for page in _PAGES for block in blocks_run_by(page, "tests/fleet/machines.py"))
    assert "--remote_cache=" in text
    for name, address in addresses.items():
        assert name in text, name
        text = text.replace(name, address)
    return text


@dataclass(frozen=True)
class Built:
    """What one build did.

    Args:
        result: Bazel's exit code and messages.
        spawns: the entries of the execution log.
    """

    result: Result
    spawns: list[dict[str, Any]]

    def misses(self) -> list[str]:
        """What was executed, not fetched: mnemonic and target."""
        return [f"{spawn['mnemonic']} {spawn['targetLabel']}" for spawn in self.spawns if not spawn["cacheHit"]]

    def ran(self, mnemonic: str) -> list[dict[str, Any]]:
        """The entries of one kind of action."""
        return [spawn for spawn in self.spawns if spawn["mnemonic"] == mnemonic]


@dataclass(frozen=True)
class Machine:
    """A machine of the fleet.

    Args:
        workspace: Bazel on it.
        env: what its user has in the shell, otherwise than this process's.
        umask: the user's.
        flags: what is the machine's own.
    """

    workspace: Workspace
    env: Mapping[str, str] = field(default_factory=dict)
    umask: int = 0o022
    flags: tuple[str, ...] = ()

    def build(self, project: Project, *flags: str) -> Built:
        """Builds a project and tests it, which has to end well.

        Args:
            project: which.
            *flags: more flags.
        """
        log = self.workspace.output_base / "execution.json"
        log.unlink(missing_ok=True)
        result = self.workspace.run(
            project.command,
            f"--execution_log_json_file={log}",
            *self.flags,
            *flags,
            *project.targets,
            env=self.env,
            umask=self.umask,
        )
        return Built(result, spawns(log))

    def clean(self) -> None:
        """Forgets what was built, as another machine that is otherwise the same."""
        self.workspace.run("clean", env=self.env, umask=self.umask)

    def wheels(self) -> dict[str, str]:
        """Names and hashes of all wheels that are here."""
        found = sorted(self.workspace.bin().resolve().rglob("*.whl"))
        here = [wheel for wheel in found if wheel.exists() and ".runfiles" not in str(wheel)]
        return {wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in here}


@contextlib.contextmanager
def machine(folder: Path, project: Project, bazelrc: str, *, different: bool = False) -> Iterator[Machine]:
    """A machine with a workspace.

    Args:
        folder: a new one.
        project: what the workspace holds.
        bazelrc: lines for its .bazelrc.
        different: whether all is different than on an ordinary machine: paths, user, umask, HOME, variables, --jobs.
    """
    folder.mkdir(parents=True)
    root, base = folder / "w", folder / "o"
    if different:
        root, base = folder / "another_workspace" / ("long_" * 20) / "sub", folder / ("output_base_" * 8)
        root.parent.mkdir(parents=True)
    base.mkdir()
    project.write(root)
    with (root / ".bazelrc").open("a") as file:
        file.write(bazelrc)
    # Another user to all that asks, to the kernel the same: who could read neither the clone nor bazelw's Debian.
    launcher = ["unshare", "--user", f"--map-user={OTHER_USER}", f"--map-group={OTHER_USER}"] if different else []
    workspace = Workspace(root, base, launcher=launcher)
    if different:
        made = Machine(workspace, env=other_client(folder), umask=0o077, flags=("--jobs=5",))
    else:
        made = Machine(workspace, flags=("--jobs=2",))
    try:
        yield made
    finally:
        workspace.run("shutdown", expect=None, env=made.env)
