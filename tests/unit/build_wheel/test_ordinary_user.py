"""Builds of an ordinary user, who may be root's: CI's tests run as root, and these drop that."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from actions import build_params, built, helper, write_action
from closed_builds import built_closed, closed_params, needs_namespaces
from squats import SQUATS

REPO = Path(__file__).resolve().parents[3]
USER = 4711
READ = sorted({REPO, Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parents[1]})


def _new_places() -> list[Path]:
    """What an ordinary user gets a new one of: /tmp, root's home, and what only root may enter, though we lie in it."""
    above = [parent for folder in READ for parent in folder.parents]
    closed = [folder for folder in above if not folder.stat().st_mode & stat.S_IXOTH]
    places = {Path("/tmp"), Path.home(), *closed}
    return sorted(place for place in places if places.isdisjoint(place.parents))


# EXECROOT SQUAT COMMAND...: such places are new ones with these folders in them, and what SQUAT makes, which is root's.
# Then somebody else runs the command.
DROPPED = f"""
execroot=$1 squat=$2
shift 2
for base in {shlex.join(map(str, _new_places()))}; do
  new=$execroot.new$(echo "$base" | tr / -)
  mkdir -p "$new" && mount -t tmpfs -o mode=1777 none "$new" || exit 99
  for folder in "$execroot" {shlex.join(map(str, READ))}; do
    case $folder in
      "$base"/*)
        there=$new/${{folder#"$base"/}}
        mkdir -p "$there" && mount --bind "$folder" "$there" || exit 99
        ;;
    esac
  done
  case $HOME in "$base"/*) mkdir -p "$new/${{HOME#"$base"/}}" && chmod 1777 "$new/${{HOME#"$base"/}}" || exit 99 ;; esac
  mount --rbind "$new" "$base" || exit 99
done
chown -R {USER}:{USER} "$execroot"
cd /tmp && eval "$squat" && cd "$execroot" || exit 99
exec setpriv --reuid={USER} --regid={USER} --clear-groups --inh-caps=-all --bounding-set=-all -- "$@"
"""
WHO = "import os, sys; sys.exit(os.getuid() == 0 or os.access('/root/.bashrc', os.R_OK))"


def as_ordinary_user(execroot: Path, squat: str, line: list[str]) -> list[str]:
    """A command that runs another one as an ordinary user, in an action's execution root."""
    if os.getuid():
        return line
    return ["unshare", "--mount", "sh", "-c", DROPPED, "sh", str(execroot), squat, *line]


@pytest.mark.parametrize("squat", ["nothing", *SQUATS])
def test_an_ordinary_user_builds_the_same_wheel(tmp_path: Path, squat: str) -> None:
    """... and nobody, root included, can keep that user from it by being first at a place in /tmp."""
    params = build_params()
    assert built(tmp_path / "reference", params).returncode == 0
    execroot = tmp_path / "execroot"
    write_action(execroot, params)
    line, options = helper(execroot, HOME=str(Path.home()))
    who = as_ordinary_user(execroot, ":", [sys.executable, "-c", WHO])
    assert subprocess.run(who, check=False, **options).returncode == 0
    command = SQUATS.get(squat, ":").replace("$victim", "/root")
    line = as_ordinary_user(execroot, command, line)
    done = subprocess.run(line, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stderr
    assert (execroot / params.output).stat().st_uid == (os.getuid() or USER)
    assert (execroot / params.output).read_bytes() == (tmp_path / "reference" / params.output).read_bytes()


@needs_namespaces
def test_an_ordinary_user_s_closed_build_makes_the_same_wheel(tmp_path: Path) -> None:
    params = closed_params(env={"TEXT": "built in {here}"})
    assert built_closed(tmp_path / "reference", params).returncode == 0
    execroot = tmp_path / "execroot"
    execroot.mkdir()
    dropped = tuple(as_ordinary_user(execroot, ":", []))
    done = built_closed(execroot, params, launcher=dropped, HOME=str(Path.home()))
    assert done.returncode == 0, done.stderr
    assert (execroot / params.output).stat().st_uid == (os.getuid() or USER)
    assert (execroot / params.output).read_bytes() == (tmp_path / "reference" / params.output).read_bytes()
