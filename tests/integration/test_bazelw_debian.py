"""bazelw on a Debian without Bazel: what it says before and while it makes one, and where it refuses to."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from launchers import bare_environment, run
from machine import cache_folder, debian_root
from support import BAZELW, REPO


@pytest.fixture
def debian_env(tmp_path: Path) -> dict[str, str]:
    """A Debian whose mmdebstrap takes a second and fails."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, body in {
        "apt-get": "exit 0",
        "newuidmap": "exit 0",
        "mmdebstrap": "cd $RULES_SDIST_CACHE; echo started >>calls; sleep 1; echo ended >>calls; "
        "echo the mirror is gone >&2; exit 25",
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{body}\n")
        (tools / name).chmod(0o755)
    env = bare_environment(tmp_path)
    env["PATH"] = f"{tools}:{env['PATH']}"
    return env


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="only on Debian is one made")
def test_failure_to_make_one_is_explained_and_leaves_nothing(tmp_path: Path, debian_env: dict[str, str]) -> None:
    done = run("build", env=debian_env)
    assert done.returncode == 36
    assert "bazelw: 2/3 making a private Debian" in done.stderr
    assert "the mirror is gone" in done.stderr
    assert "mmdebstrap failed, see " in done.stderr.splitlines()[-1]
    assert [path.name for path in (tmp_path / "cache").glob("debian-*")] == []


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="only on Debian is one made")
def test_two_at_once_wait_for_each_other(tmp_path: Path, debian_env: dict[str, str]) -> None:
    first, second = (
        subprocess.Popen([str(BAZELW), "build"], env=debian_env, stderr=subprocess.PIPE, text=True) for _ in range(2)
    )
    messages = [process.communicate()[1] for process in (first, second)]
    assert sum("another bazelw is preparing a private Debian; waiting for it" in message for message in messages) == 1
    assert (tmp_path / "cache" / "calls").read_text() == "started\nended\n" * 2


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="only on Debian is one made")
def test_what_a_killed_run_left_is_removed(tmp_path: Path, debian_env: dict[str, str]) -> None:
    left = tmp_path / "cache" / "debian-0123456789ab.tmp.abcdef" / "usr"
    left.mkdir(parents=True)
    assert run("build", env=debian_env).returncode == 36
    assert not left.parent.exists()


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="only on Debian is one made")
def test_folders_that_a_private_debian_hides_are_explained(debian_env: dict[str, str]) -> None:
    done = subprocess.run(
        [BAZELW, "build"], cwd="/usr/share", env=debian_env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 36
    assert len(done.stderr.splitlines()) == 1
    assert "can't see the host's /usr/share; use another place" in done.stderr


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="only on Debian is one made")
@pytest.mark.parametrize(
    ("name", "said"), [("ö", "can't read letters beyond ASCII"), ("a b", "can't use rules_sdist or its cache in")]
)
def test_names_that_a_private_debian_can_not_take_are_told_before_it_is_made(
    tmp_path: Path, debian_env: dict[str, str], name: str, said: str
) -> None:
    """A checkout in such a folder."""
    checkout = tmp_path / name
    shutil.copytree(REPO / "tools" / "debian", checkout / "tools" / "debian")
    launcher = Path(shutil.copy2(BAZELW, checkout))
    done = run("build", env=debian_env, launcher=launcher)
    assert done.returncode == 36
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert not Path(debian_env["RULES_SDIST_CACHE"]).exists()


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="only on Debian is one made")
def test_a_workspace_with_letters_beyond_ascii(tmp_path: Path, debian_env: dict[str, str]) -> None:
    (tmp_path / "ö").mkdir()
    line = [str(BAZELW), "build"]
    done = subprocess.run(line, cwd=tmp_path / "ö", env=debian_env, capture_output=True, text=True, check=False)
    assert done.returncode == 36
    assert len(done.stderr.splitlines()) == 1
    assert f"beyond ASCII: {tmp_path}/ö" in done.stderr


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="only on Debian is one made")
def test_packages_that_are_installed_are_told_before(tmp_path: Path, debian_env: dict[str, str]) -> None:
    """With what for, how, and what it costs."""
    tools = tmp_path / "tools"
    (tools / "mmdebstrap").unlink()
    (tools / "apt-get").write_text("#!/bin/sh\nexit 1\n")
    (tools / "sudo").write_text('#!/bin/sh\nshift\nexec "$@"\n')
    (tools / "sudo").chmod(0o755)
    for name in ("bash", "cat", "cksum", "cut", "dirname", "env", "flock", "grep", "id", "mkdir", "mktemp", "readlink"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    for name in ("rm", "sed", "sh", "sha256sum", "tail", "true", "uname", "unshare"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    done = run("build", env={**debian_env, "PATH": str(tools)})
    assert done.returncode == 36
    how = " with sudo" if os.getuid() else ""
    told = f"1/3 installing mmdebstrap{how}, which makes a private Debian (about a minute, 1.4 GB of disk)"
    assert told in done.stderr
    assert "apt-get install mmdebstrap failed" in done.stderr


CHROOT = """
cd "$1" && mkdir dev usr proc && mount --bind /usr usr && mount --rbind /dev dev || exit 99
for name in bin lib lib64 sbin; do [ ! -L /$name ] || ln -s "$(readlink /$name)" $name || exit 99; done
cp "$2" enter.sh
[ -z "$3" ] || mount -t proc proc proc || exit 99
exec chroot . sh /enter.sh --check
"""


@pytest.mark.skipif(os.getuid() != 0 or not Path("/bin").is_symlink(), reason="takes root, and a merged /usr")
@pytest.mark.parametrize(("proc", "said"), [("", "/proc is not mounted"), ("proc", "this is a chroot")])
def test_a_chroot_is_told_from_a_machine_that_forbids_namespaces(tmp_path: Path, proc: str, said: str) -> None:
    enter = str(REPO / "tools" / "debian" / "enter.sh")
    line = ["unshare", "--mount", "sh", "-c", CHROOT, "sh", str(tmp_path), enter, proc]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 36, done.stderr
    assert done.stderr.startswith(f"bazelw: {said}")
    assert "install bazelisk, or set BAZEL" in done.stderr


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="only on Debian is one made")
def test_a_server_gets_the_classes_that_another_one_has_loaded(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    for made in (debian_root(), *cache_folder().glob("trust-*")):
        (cache / made.name).symlink_to(made)
    (tmp_path / "MODULE.bazel").touch()
    env = {**os.environ, "RULES_SDIST_CACHE": str(cache), "BAZEL": "", "PATH": "/usr/bin:/bin"}
    archive = cache / f"{debian_root().name}.jsa"

    def bazel(*words: str) -> str:
        line = [str(BAZELW), f"--output_base={tmp_path / 'o'}", *words]
        return subprocess.run(line, cwd=tmp_path, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    for is_there in (False, True):
        assert archive.exists() == is_there
        maps = Path("/proc", bazel("info", "server_pid"), "maps").read_text()
        assert (str(archive) in maps) == is_there
        bazel("shutdown")
