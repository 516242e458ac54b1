"""No action's key has anything in it of the machine that it is computed on."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from clients import NOISE, secrets
from machines import EXAMPLE, WHEELS, Machine, Project, corpus, corpus_names, documented_bazelrc, machine

if TYPE_CHECKING:
    from pathlib import Path

OURS = ("PySdist", "PyWheel")
# Bazel's own, which no cache has: with it, Bazel lays out the runfiles of the machine.
_LOCAL = {"SourceSymlinkManifest"}

_IN_KEY = ("actionKey", "arguments", "environmentVariables", "executionInfo", "fileContents", "paramFiles")


@pytest.mark.parametrize(
    "project",
    [
        pytest.param(EXAMPLE, id="pyyaml", marks=pytest.mark.long),
        pytest.param(WHEELS, id="wheels"),
        pytest.param(corpus(corpus_names()), id="corpus", marks=pytest.mark.long),
    ],
)
def test_keys_are_the_same_everywhere_and_tell_nothing(project: Project, tmp_path: Path) -> None:
    found = []
    for name, different in (("one", False), ("other", True)):
        with machine(tmp_path / name, project, documented_bazelrc({}), different=different) as made:
            flags = NOISE if different else []
            actions = described(made, project, *flags)
            root, base = made.workspace.root, made.workspace.output_base
            told = {secret for secret in secrets(root, base, made.env) if re.search(secret, json.dumps(actions))}
            assert not told
            # What the user says with --action_env is for all actions but ours.
            found.append({key: value for key, value in actions.items() if key.startswith(OURS)})
    one, other = found
    assert sum(key.startswith("PySdistWheel ") for key in one) >= 1
    assert sum(key.startswith("PyWheelInstall ") for key in one) >= 1
    assert one == other


def described(made: Machine, project: Project, *flags: str) -> dict[str, Any]:
    """What is in each action's key, and Bazel's own hash of that, by mnemonic and first output."""
    options = ["--output=jsonproto", "--include_param_files", "--include_file_write_contents"]
    query = f"deps({' + '.join(project.targets)})"
    text = made.workspace.run("aquery", *options, *flags, query, env=made.env, umask=made.umask).out
    graph = json.loads(text)
    fragments = {fragment["id"]: fragment for fragment in graph["pathFragments"]}
    paths = {artifact["id"]: _path(fragments, artifact["pathFragmentId"]) for artifact in graph["artifacts"]}
    actions = [action for action in graph["actions"] if action["mnemonic"] not in _LOCAL]
    return {
        f"{_kind(action, paths)} {paths[action['primaryOutputId']]}": {name: action.get(name) for name in _IN_KEY}
        for action in actions
    }


def _kind(action: dict[str, Any], paths: dict[int, str]) -> str:
    """The mnemonic; of the parameter files of our actions, ours."""
    ours = action["mnemonic"] == "FileWrite" and paths[action["primaryOutputId"]].endswith(".json")
    return "PySdistParams" if ours else str(action["mnemonic"])


def _path(fragments: dict[int, Any], number: int) -> str:
    words = []
    while number:
        words.append(fragments[number]["label"])
        number = fragments[number].get("parentId", 0)
    return "/".join(reversed(words))
