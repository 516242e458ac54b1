"""A build at a fixed path, on this machine's own kernel."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from archives import TOOLS, build_params
from test_build import built

from build_wheel import fixed_path, namespaces
from build_wheel.layout import Layout
from errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

HERE = {"TEXT": "where = '{here}'"}
ENTER = """
import json, os, sys
from pathlib import Path
from build_wheel import fixed_path
from build_wheel.layout import Layout
layout = Layout(Path.cwd(), Path.cwd() / "root")
layout.create()
fixed = fixed_path.enter(layout)
Path("written").write_text("by the build")
print(json.dumps([os.getcwd(), str(fixed.root), os.getuid(), os.path.exists(sys.argv[1]), os.listdir("/tmp")]))
"""


def test_the_path_in_a_wheel_is_the_same_everywhere(tmp_path: Path) -> None:
    wheels = set()
    for name in ("one", "another/and_longer"):
        done = built(tmp_path / name, build_params(env=HERE, fixed_path=True))
        assert done.returncode == 0, done.stderr
        wheel = tmp_path / name / "demo-1.0-py3-none-any.whl"
        assert zipfile.ZipFile(wheel).read("demo.py") == b"where = '/tmp/rules_sdist/build/s/demo-1.0'"
        assert not (tmp_path / name / "root").exists()
        wheels.add(wheel.read_bytes())
    assert len(wheels) == 1


def test_what_is_not_below_the_fixed_path_is_still_a_leak(tmp_path: Path) -> None:
    done = built(tmp_path / "one", build_params(env={"TEXT": str(tmp_path / "one")}, fixed_path=True))
    assert done.returncode == 1
    assert f"demo.py, byte 0: build path '{tmp_path}/one'" in done.stderr


def test_nothing_outside_of_the_namespace_sees_it(tmp_path: Path) -> None:
    """Neither /tmp of the machine, nor a folder there that somebody else has occupied, changes."""
    (tmp_path / "execroot").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", ENTER, str(tmp_path)],
        cwd=tmp_path / "execroot",
        env={"PYTHONPATH": str(TOOLS)},
        capture_output=True,
        text=True,
        check=True,
    )
    cwd, root, _user, sees_tmp, entries = json.loads(done.stdout)
    assert (cwd, root) == ("/tmp/rules_sdist/execroot", "/tmp/rules_sdist/build")
    assert sees_tmp  # what links lead to may be below /tmp
    assert "rules_sdist" in entries
    assert (tmp_path / "execroot" / "written").read_text() == "by the build"


def test_kept_build_root_has_a_shell_that_works_outside(tmp_path: Path) -> None:
    done = built(tmp_path / "one", build_params(keep_build_root=True, fixed_path=True))
    assert done.returncode == 0, done.stderr
    shell = tmp_path / "one/root/shell"
    assert f"for a shell in it run: {shell}" in done.stderr
    inside = subprocess.run(
        [str(shell)], input='echo "$PWD"; command -v cc', capture_output=True, text=True, check=True
    )
    assert f"{tmp_path}/one/root/s/demo-1.0\n{tmp_path}/one/root/w/cc\n" in inside.stdout


def test_a_machine_without_namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_namespaces: int) -> None:
        raise OSError(1, "unshare")

    monkeypatch.setattr(namespaces, "enter", refuse)
    layout = Layout(tmp_path, tmp_path / "root")
    layout.create()
    with pytest.raises(UserError) as caught:
        fixed_path.enter(layout)
    text = str(caught.value)
    assert "does not let a build have a fixed path" in text
    assert "user.max_user_namespaces" in text
