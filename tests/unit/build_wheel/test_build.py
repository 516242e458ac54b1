"""Whole builds, with a backend that lies in the source tree itself and needs nothing."""

from __future__ import annotations

import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest
from actions import build_params, built, helper, write_action
from archives import tar_of

from build_wheel.params import Expected

if TYPE_CHECKING:
    from pathlib import Path

    from build_wheel.params import BuildParams


def test_same_bytes_wherever_and_by_whomever(tmp_path: Path) -> None:
    params = build_params(config_settings={"k": "v"}, env={"TEXT": "x = 1"})
    first = built(tmp_path / "one", params)
    second = built(tmp_path / "another/longer", params, umask=0o077, TZ="Asia/Tokyo", LC_ALL="C", HOME="/x", NOISE="1")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    wheels = [tmp_path / place / params.output for place in ("one", "another/longer")]
    assert wheels[0].read_bytes() == wheels[1].read_bytes()
    with zipfile.ZipFile(wheels[0]) as wheel:
        assert wheel.read("settings") == b"{'k': 'v'}"
        assert b"NOISE" not in wheel.read("names")
    left = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert left == ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz", "host_files.json", "params.json"]


DIG = """
for _ in range(1400):
    os.mkdir("d")
    os.chdir("d")
"""


def test_a_backend_that_makes_deep_folders_leaves_nothing_behind(tmp_path: Path) -> None:
    done = built(tmp_path, build_params(env={"ALSO": f"here = os.getcwd()\n{DIG}\nos.chdir(here)"}))
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize("levels", [1400, 50_000])
def test_an_sdist_with_deep_folders_is_an_error_and_leaves_nothing_behind(tmp_path: Path, levels: int) -> None:
    write_action(tmp_path, build_params())
    tar_of(tmp_path / "demo-1.0.tar.gz", {"demo-1.0/setup.py": "", "demo-1.0/" + "d/" * levels + "x": ""})
    line, options = helper(tmp_path)
    done = subprocess.run(line, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 1
    assert "ERROR: The archive's member 'demo-1.0/d/d/d/" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo-1.0.tar.gz", "params.json"]


def refused(folder: Path, params: BuildParams, *, requires: str = "", project: str = "") -> str:
    done = built(folder, params, requires=requires, project=project)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr.partition("backend speaks")[0]
    assert not (folder / params.output).exists()
    assert not (folder / params.build_root).exists()
    return done.stderr


def test_missing_requirement(tmp_path: Path) -> None:
    text = refused(tmp_path / "one", build_params(), requires='"flit_core>=3"')
    assert "1 build requirement(s) of //third_party:demo_wheel are missing" in text
    assert "flit_core>=3 (missing), asked for by pyproject.toml" in text
    assert '"@flit-core_wheel//:file",' in text


def test_missing_dynamic_requirement_is_named_when_the_backend_fails(tmp_path: Path) -> None:
    text = refused(tmp_path / "one", build_params(env={"NEEDS": "cython>3", "ALSO": "import Cython"}))
    assert "cython>3 (missing)" in text
    assert '"@cython_wheel//:file",' in text


def test_requires_python_is_checked_before_any_code_of_the_sdist_runs(tmp_path: Path) -> None:
    """The backend, which lies in the sdist, would say so."""
    text = refused(tmp_path / "one", build_params(), project='[project]\nname = "demo"\nrequires-python = "<3"\n')
    assert "this sdist is for Python <3" in text
    assert "backend speaks" not in text


def test_failing_backend(tmp_path: Path) -> None:
    text = refused(tmp_path / "one", build_params(env={"ALSO": "raise SystemExit('it broke')"}))
    assert "The backend backend failed" in text
    assert "backend speaks\nit broke" in text
    assert "where: //third_party:demo_wheel\n" in text
    assert "keep_build_root=true //third_party:demo_wheel\n" in text


def test_backend_that_exits_without_an_answer(tmp_path: Path) -> None:
    text = refused(tmp_path / "one", build_params(env={"ALSO": "raise SystemExit(0)"}))
    assert "The backend backend failed: it ended its process before it had made a wheel" in text
    assert "Traceback" not in text


def test_network(tmp_path: Path) -> None:
    also = "import urllib.request; urllib.request.urlopen('http://example.invalid')"
    text = refused(tmp_path / "one", build_params(env={"ALSO": also}))
    assert "tried to use the network, which is blocked in a build" in text
    assert "that is for a build requirement (`build_requires`)" in text


def test_network_is_cut_off_not_only_named(tmp_path: Path) -> None:
    also = "import socket; print(sorted(name for _, name in socket.if_nameindex())); raise SystemExit(1)"
    assert "['lo']" in refused(tmp_path / "one", build_params(env={"ALSO": also}))


def test_leak(tmp_path: Path) -> None:
    text = refused(tmp_path / "one", build_params(env={"TEXT": "where = '{here}'"}))
    assert "demo-1.0-py3-none-any.whl would differ on another machine" in text
    assert f"demo.py, byte 9: build path '{tmp_path}/one/root'" in text
    assert 'leak_policy = "warn"' in text


def test_time_leaks(tmp_path: Path) -> None:
    """The build's own times are told from all others, which the sdist may have."""
    also = "os.environ['TEXT'] = 'built = ' + repr(time.strftime('%Y-%m-%d %H:%M:%S')) + '; since = \\'2001-02-03\\''"
    text = refused(tmp_path / "one", build_params(env={"ALSO": also}))
    assert "demo.py, byte 9: time '20" in text
    assert "(when it was built)" in text
    assert "SOURCE_DATE_EPOCH" in text
    assert "byte 41" not in text


def test_where_the_links_of_a_sandbox_lead_is_a_leak_too(tmp_path: Path) -> None:
    real = tmp_path / "real" / "tree" / "site-packages" / "helper.py"
    real.parent.mkdir(parents=True)
    real.touch()
    link = tmp_path / "sandbox" / "tree" / "site-packages" / "helper.py"
    link.parent.mkdir(parents=True)
    link.symlink_to(real)
    also = "import helper; os.environ['TEXT'] = os.path.realpath(helper.__file__)"
    text = refused(tmp_path / "sandbox", build_params(env={"ALSO": also}, build_requires=("tree",)))
    assert f"demo.py, byte 0: build path '{tmp_path}/real'" in text


@pytest.mark.parametrize(("policy", "warned"), [("warn", True), ("off", False)])
def test_leak_policy(tmp_path: Path, policy: str, warned: bool) -> None:
    params = build_params(env={"TEXT": "where = '{here}'"}, leak_policy=policy)
    done = built(tmp_path / "one", params)
    assert done.returncode == 0, done.stderr
    assert ("WARNING: demo-1.0-py3-none-any.whl would differ" in done.stderr) is warned


def test_wrong_version(tmp_path: Path) -> None:
    text = refused(tmp_path / "one", build_params(expected=Expected("demo", "2.0", "py3-none-any", None)))
    assert "expected version '2.0', the backend made '1.0'" in text
    assert 'version = "1.0",' in text


def test_two_wheels(tmp_path: Path) -> None:
    also = "open(os.path.join(folder, 'other-1.0-py3-none-any.whl'), 'w')"
    text = refused(tmp_path / "one", build_params(env={"ALSO": also}))
    assert "expected one wheel, the backend made 2: demo-1.0-py3-none-any.whl, other-1.0-py3-none-any.whl" in text


def test_kept_build_root_has_a_shell_with_the_environment(tmp_path: Path) -> None:
    done = built(tmp_path / "one", build_params(keep_build_root=True, env={"OWN": "it's mine"}))
    assert done.returncode == 0, done.stderr
    shell = tmp_path / "one/root/shell"
    assert done.stderr.rstrip().endswith(f"for a shell in it run: {shell}")
    inside = subprocess.run(
        [str(shell)], input='echo "$OWN|$TZ|$PWD"; command -v cc', capture_output=True, text=True, check=True
    )
    assert f"it's mine|UTC|{tmp_path}/one/root/s/demo-1.0\n{tmp_path}/one/root/w/cc\n" in inside.stdout


def test_the_shell_of_a_failed_build_is_named_last_and_says_how_to_run_the_backend_again(tmp_path: Path) -> None:
    params = build_params(
        keep_build_root=True, env={"ALSO": "raise SystemExit('it broke')"}, config_settings={"k": "v"}
    )
    done = built(tmp_path / "one", params)
    assert done.returncode == 1
    shell = tmp_path / "one/root/shell"
    assert done.stderr.rstrip().splitlines()[-1] == f"The build root stays; for a shell in it run: {shell}"
    asked = subprocess.run([str(shell)], input="", capture_output=True, text=True, check=True)
    command = asked.stdout.splitlines()[-1].strip()
    assert command.startswith("python -c ")
    again = subprocess.run([str(shell)], input=command, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "backend speaks" in again.stdout
    assert again.stderr == "it broke\n"
