"""bazelw: which Bazel it runs, what it hands on, and what it says when there is none."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from launchers import bare_environment, run
from support import BAZELW, STARTUP, Workspace, heed_interrupts

if TYPE_CHECKING:
    from collections.abc import Mapping

FAKE = '#!/bin/sh\n[ "$1" != --version ] || {{ echo "bazel {version}"; exit 0; }}\n{body}\n'
SHOW = 'echo {name}; for word in "$@"; do echo "<$word>"; done'


def fake_bazel(place: Path, version: str = "8.0.0", body: str = SHOW) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(FAKE.format(version=version, body=body.format(name=place)))
    place.chmod(0o755)
    return place


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return bare_environment(tmp_path)


def test_bazel_variable_comes_first(tmp_path: Path, env: dict[str, str]) -> None:
    mine = fake_bazel(tmp_path / "mine", version="whatever")
    fake_bazel(tmp_path / "path" / "bazel")
    env.update(BAZEL=str(mine), PATH=f"{tmp_path}/path:{env['PATH']}")
    assert run("build", env=env).stdout.splitlines()[0] == str(mine)


def test_bazelisk_comes_before_bazel(tmp_path: Path, env: dict[str, str]) -> None:
    fake_bazel(tmp_path / "a" / "bazel")
    bazelisk = fake_bazel(tmp_path / "b" / "bazelisk")
    env["PATH"] = f"{tmp_path}/a:{tmp_path}/b:{env['PATH']}"
    assert run("build", env=env).stdout.splitlines()[0] == str(bazelisk)


@pytest.mark.parametrize("old", ["4.2.3", "7.3.9", "no_version"])
def test_too_old_ones_are_passed_over(tmp_path: Path, env: dict[str, str], old: str) -> None:
    fake_bazel(tmp_path / "old" / "bazel", version=old)
    new = fake_bazel(tmp_path / "new" / "bazel", version="7.4.0")
    env["PATH"] = f"{tmp_path}/old:{tmp_path}/new:{env['PATH']}"
    assert run("build", env=env).stdout.splitlines()[0] == str(new)


def test_bazelisk_may_talk_before_it_says_its_version(tmp_path: Path, env: dict[str, str]) -> None:
    bazelisk = fake_bazel(tmp_path / "path" / "bazelisk")
    bazelisk.write_text(bazelisk.read_text().replace('echo "bazel', 'echo "Bazelisk version: 1"; echo "bazel'))
    env["PATH"] = f"{tmp_path}/path:{env['PATH']}"
    assert run("build", env=env).stdout.splitlines()[0] == str(bazelisk)


def test_wrapper_of_itself_is_passed_over(tmp_path: Path, env: dict[str, str]) -> None:
    wrapper = tmp_path / "wrapper" / "bazel"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec {BAZELW} "$@"\n')
    wrapper.chmod(0o755)
    new = fake_bazel(tmp_path / "new" / "bazel")
    env["PATH"] = f"{tmp_path}/wrapper:{tmp_path}/new:{env['PATH']}"
    assert run("build", env=env).stdout.splitlines()[0] == str(new)


def test_it_never_runs_itself(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "bazel").symlink_to(BAZELW)
    new = fake_bazel(tmp_path / "new" / "bazel")
    env["PATH"] = f"{tmp_path}/links:{tmp_path}/new:{env['PATH']}"
    done = run("build", env=env, launcher=tmp_path / "links" / "bazel")
    assert done.stdout.splitlines()[0] == str(new)
    done = run("build", env={**env, "BAZEL": str(tmp_path / "links" / "bazel")})
    assert done.returncode == 36
    assert "BAZEL is this script" in done.stderr


def test_arguments_and_exit_code_are_handed_on(tmp_path: Path, env: dict[str, str]) -> None:
    env["BAZEL"] = str(fake_bazel(tmp_path / "bazel", body=SHOW + "; exit 42"))
    done = run("build", "--flag=a b", "", "//x:*", env=env)
    assert done.returncode == 42
    words = done.stdout.splitlines()[1:]
    assert words[0].startswith("<--bazelrc=")
    assert words[1:] == ["<build>", "<--flag=a b>", "<>", "<//x:*>"]


def bazelrc(env: Mapping[str, str], cwd: Path | None = None) -> Path:
    """The bazelrc with which bazelw starts the fake Bazel of this environment."""
    done = subprocess.run([BAZELW, "build"], cwd=cwd, env=dict(env), capture_output=True, text=True, check=True)
    return Path(done.stdout.splitlines()[1].removeprefix("<--bazelrc=").rstrip(">"))


@pytest.fixture
def pip_env(tmp_path: Path, env: dict[str, str]) -> dict[str, str]:
    """An environment with a fake Bazel, and an index in pip's configuration, `tmp_path / "pip.conf"`."""
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = http://127.0.0.1:9/configured\n")
    del env["PIP_INDEX_URL"]
    env.update(PIP_CONFIG_FILE=str(config), BAZEL=str(fake_bazel(tmp_path / "bazel")), PATH=os.environ["PATH"])
    return env


def test_index_gets_into_a_private_bazelrc(tmp_path: Path, env: dict[str, str]) -> None:
    env["BAZEL"] = str(fake_bazel(tmp_path / "bazel"))
    rc = bazelrc(env)
    assert rc.read_text() == "common --repo_env=PIP_INDEX_URL=http://user:secret@127.0.0.1:9/simple\n"
    assert stat.S_IMODE(rc.stat().st_mode) == 0o600


def test_bazelrc_quotes_what_it_has_to(tmp_path: Path, env: dict[str, str]) -> None:
    env.update(BAZEL=str(fake_bazel(tmp_path / "bazel")), PIP_INDEX_URL="http://a:b#c \\\"'@h/%40")
    assert bazelrc(env).read_text() == "common --repo_env=PIP_INDEX_URL=http://a:b\\#c\\ \\\\\\\"\\'@h/%40\n"


def test_index_of_pip_configuration(tmp_path: Path, pip_env: dict[str, str]) -> None:
    assert bazelrc(pip_env).read_text() == "common --repo_env=PIP_INDEX_URL=http://127.0.0.1:9/configured\n"
    (tmp_path / "pip.conf").write_text("[download]\nindex-url = http://127.0.0.1:9/new\n")
    assert bazelrc(pip_env).read_text() == "common --repo_env=PIP_INDEX_URL=http://127.0.0.1:9/new\n"


def test_variable_wins_over_pip_configuration(pip_env: dict[str, str]) -> None:
    pip_env["PIP_INDEX_URL"] = "http://127.0.0.1:9/variable"
    assert bazelrc(pip_env).read_text() == "common --repo_env=PIP_INDEX_URL=http://127.0.0.1:9/variable\n"


def test_pip_is_not_taken_from_the_working_directory(tmp_path: Path, pip_env: dict[str, str]) -> None:
    (tmp_path / "configparser.py").write_text("raise SystemExit")
    assert "http://127.0.0.1:9/configured" in bazelrc(pip_env, cwd=tmp_path).read_text()


def test_machine_without_python_says_nothing_about_an_index(tmp_path: Path, env: dict[str, str]) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "readlink", "dirname"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    del env["PIP_INDEX_URL"]
    env.update(BAZEL=str(fake_bazel(tmp_path / "bazel")), PATH=str(tools))
    assert run("build", env=env).stdout.splitlines()[1:] == ["<build>"]


def test_home_need_not_be_set(tmp_path: Path, env: dict[str, str]) -> None:
    del env["HOME"]
    env["BAZEL"] = str(fake_bazel(tmp_path / "bazel"))
    assert run("build", env=env).returncode == 0


def test_cache_that_cannot_be_written_is_explained(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "file").touch()
    env.update(BAZEL=str(fake_bazel(tmp_path / "bazel")), RULES_SDIST_CACHE=str(tmp_path / "file" / "cache"))
    done = run("build", env=env)
    assert done.returncode == 36
    assert len(done.stderr.splitlines()) == 1
    assert "can't write to" in done.stderr
    assert "set RULES_SDIST_CACHE" in done.stderr


def test_signals_reach_bazel(tmp_path: Path, env: dict[str, str]) -> None:
    body = "trap 'exit 8' INT; echo ready; while :; do sleep 0.05; done"
    env["BAZEL"] = str(fake_bazel(tmp_path / "bazel", body=body))
    process = subprocess.Popen(
        [str(BAZELW), "build"], env=env, stdout=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 8


def test_one_line_when_there_is_no_way(tmp_path: Path, env: dict[str, str]) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "readlink", "dirname", "id", "sed", "env"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    env["PATH"] = str(tools)
    done = run("build", env=env)
    assert done.returncode == 36
    assert len(done.stderr.splitlines()) == 1
    assert "install bazelisk, or set BAZEL" in done.stderr


def test_real_bazel_keeps_working_directory_outputs_and_exit_codes(workspace: Workspace) -> None:
    folder = workspace.package("launcher", 'genrule(name = "g", outs = ["g.txt"], cmd = "echo hello > $@")')
    line = [str(BAZELW), f"--output_base={workspace.output_base}", *STARTUP]

    def bazel(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*line, *arguments], cwd=folder, capture_output=True, text=True, check=False)

    assert bazel("build", ":g", "--spawn_strategy=linux-sandbox").returncode == 0
    assert (workspace.root / "bazel-bin" / "launcher" / "g.txt").read_text() == "hello\n"
    assert bazel("build", ":nosuch").returncode == 1
    assert bazel("nosuch").returncode == 2


def test_real_bazel_is_interrupted(workspace: Workspace) -> None:
    workspace.package("slow", 'genrule(name = "slow", outs = ["slow.txt"], cmd = "sleep 60; touch $@")')
    line = [str(BAZELW), f"--output_base={workspace.output_base}", *STARTUP, "build", "//slow"]
    process = subprocess.Popen(line, cwd=workspace.root, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts)
    assert process.stderr is not None
    for text in process.stderr:
        if "slow.txt" in text or "Executing genrule" in text:
            break
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 8


STARTS_BAZEL = """
import os, subprocess, sys
line = [os.environ["BAZELW"], *sys.argv[1:], "info", "--noshow_progress", "server_pid"]
here = os.environ["BUILD_WORKSPACE_DIRECTORY"]
print(subprocess.run(line, check=True, cwd=here, stdout=subprocess.PIPE, text=True).stdout)
"""


def test_what_bazel_runs_starts_the_same_bazel(workspace: Workspace) -> None:
    """In a private Debian too, where another Bazel is on PATH: the same server, with the same options."""
    build = 'load("@rules_python//python:py_binary.bzl", "py_binary")\npy_binary(name = "starts", srcs = ["starts.py"])'
    workspace.package("starts", build, {"starts.py": STARTS_BAZEL})
    base = (f"--output_base={workspace.output_base}", *STARTUP)
    inner = workspace.run("run", "//starts", "--", *base)
    assert "different" not in inner.err, inner.err
    assert inner.out.strip() == workspace.run("info", "server_pid").out.strip()
