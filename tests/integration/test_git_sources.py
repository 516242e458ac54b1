"""Requirements that are commits in git repositories: what `lock` pins, and what a hub builds of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from folder_index import FolderIndex, only
from support import REPO, Workspace

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = """\
[build-system]
requires = ["toy-backend"]
build-backend = "toy_backend"
"""
VERSION = '[project]\nname = "demo"\nversion = "1.0"\ndynamic = ["dependencies"]\n'
AUTHOR = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
HUB = """
sdists.lock(name = "git_deps", lock = "//:lock.json", index_url = "INDEX")
use_repo(sdists, "git_deps")
"""


def git(folder: Path, *arguments: str) -> str:
    line = ["git", "-C", str(folder), "-c", "protocol.file.allow=always", *arguments]
    return subprocess.run(line, env={**os.environ, **AUTHOR}, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, name: str = "demo", **files: str) -> str:
    """Commits the project, in `python/`, with a file that a format gets into."""
    place = folder / "python"
    place.mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch=main")
    texts = {"pyproject.toml": PYPROJECT + VERSION, "name.txt": name, "requires.txt": "", **files}
    texts.update({".gitattributes": "told.txt export-subst\n", "told.txt": "$Format:%h %D %(describe)$\n"})
    for file, text in texts.items():
        (place / file).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=x")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def index(tmp_path: Path) -> FolderIndex:
    made = FolderIndex(tmp_path / "index")
    made.backend("1.0")
    return made


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    commit(tmp_path / "demo.git")
    return tmp_path / "demo.git"


@pytest.fixture
def folder(tmp_path: Path, repository: Path) -> Path:
    """A project that requires the branch."""
    made = tmp_path / "project"
    made.mkdir()
    require(made, repository, "@main")
    return made


def require(folder: Path, repository: Path, revision: str, subdirectory: str = "#subdirectory=python") -> None:
    (folder / "requirements.txt").write_text(f"demo @ git+file://{repository}{revision}{subdirectory}\n")


def run(index: FolderIndex, folder: Path, *arguments: str, expect: int = 0, **variables: str) -> str:
    line = [sys.executable, str(REPO / "tools" / "lock"), "requirements.txt", "-o", "lock.json", *arguments]
    env = {**os.environ, **only(index), **variables}
    done = subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stderr


def entry(folder: Path) -> dict[str, Any]:
    [found] = json.loads((folder / "lock.json").read_text())["sdists"]
    return dict(found)


def test_a_branch_stays_where_it_was_until_asked(index: FolderIndex, folder: Path, repository: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    run(index, folder)
    locked = entry(folder)
    assert (locked["filename"], locked["version"]) == ("demo-1.0.zip", "1.0")
    url = f"file://{repository}"
    assert locked["git"] == {"commit": first, "folder": "python", "revision": "main", "url": url}
    before = (folder / "lock.json").read_text()
    second = commit(repository, more="x")
    run(index, folder, "--check")
    assert "git 1/1: demo" in run(index, folder, "--wheel=toy-backend", "--build-requires-from-source")
    assert entry(folder)["git"]["commit"] == first
    run(index, folder, "--upgrade=demo")
    assert entry(folder)["git"]["commit"] == second
    git(repository, "tag", "main", first)  # as with pip, a branch counts before a tag
    run(index, folder, "--upgrade=demo")
    assert entry(folder)["git"]["commit"] == second
    git(repository, "tag", "--annotate", "--message=x", "v1", first)
    require(folder, repository, "@v1")
    run(index, folder)
    assert (entry(folder)["git"]["commit"], entry(folder)["sha256"]) == (first, locked["sha256"])
    require(folder, repository, "@main")
    (folder / "lock.json").write_text(before)
    run(index, folder, "--check")


def test_an_archive_is_the_same_for_everyone(
    index: FolderIndex, folder: Path, repository: Path, tmp_path: Path
) -> None:
    """Whatever git is told by a user, wherever the repository lies, with and without its history and tags."""
    run(index, folder)
    expected = entry(folder)["sha256"]
    home = tmp_path / "home"
    home.mkdir()
    settings = "[core]\nautocrlf = true\nabbrev = 5\nattributesFile = ~/attributes\n[tar]\numask = 0077\n"
    (home / ".gitconfig").write_text(settings)
    (home / "attributes").write_text("* export-ignore\n")
    git(repository, "tag", "v7")
    commit(repository, more="x")
    moved = shutil.copytree(repository, tmp_path / "elsewhere")
    require(folder, moved, f"@{entry(folder)['git']['commit']}")
    run(index, folder, HOME=str(home), TZ="Asia/Tokyo", GIT_DIR="/nowhere")
    assert entry(folder)["git"]["url"] == f"file://{moved}"
    assert entry(folder)["sha256"] == expected


def test_nothing_of_a_hook_or_a_session_gets_into_an_archive(index: FolderIndex, folder: Path, tmp_path: Path) -> None:
    run(index, folder)
    expected = entry(folder)["sha256"]
    (tmp_path / "xdg" / "git").mkdir(parents=True)
    (tmp_path / "xdg" / "git" / "attributes").write_text("*.txt eol=crlf export-ignore\n")
    hook = "'core.autocrlf'='true'"
    run(index, folder, "--upgrade=demo", GIT_CONFIG_PARAMETERS=hook, XDG_CONFIG_HOME=str(tmp_path / "xdg"))
    assert entry(folder)["sha256"] == expected


def test_the_users_settings_fetch_it_and_no_password_is_written_down(
    index: FolderIndex, folder: Path, repository: Path
) -> None:
    """Also from a server that gives no commit but the last ones of branches: git's first protocol asks that."""
    run(index, folder)
    before = entry(folder)
    commit(repository, more="x")
    address = "https://user:s3cret@git.example/demo"
    line = f"demo @ git+{address}@{before['git']['commit']}#subdirectory=python\n"
    (folder / "requirements.txt").write_text(line)
    settings = f"'url.file://{repository}.insteadOf'='{address}' 'protocol.version'='0'"
    run(index, folder, GIT_CONFIG_PARAMETERS=settings)
    assert entry(folder)["sha256"] == before["sha256"]
    assert entry(folder)["git"]["url"] == "https://git.example/demo"
    assert "s3cret" not in (folder / "lock.json").read_text()
    (folder / "requirements.txt").write_text(line.replace(f"@{before['git']['commit']}", "@none"))
    assert "s3cret" not in run(index, folder, expect=2, GIT_CONFIG_PARAMETERS=settings)


def test_no_git(index: FolderIndex, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    said = run(index, folder, expect=2, PATH=str(tmp_path / "bin"))
    assert "there is no git on PATH" in said
    assert "fix:   Install git." in said


def test_a_check_trusts_nothing_but_the_commit_of_a_branch(index: FolderIndex, folder: Path, repository: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    run(index, folder)
    lock = (folder / "lock.json").read_text()
    second = commit(repository, more="x")
    require(folder, repository, f"@{second}")
    run(index, folder)
    newer = (folder / "lock.json").read_text()
    (folder / "lock.json").write_text(newer.replace(f'"commit": "{second}"', f'"commit": "{first}"'))
    assert "lock.json is damaged" in run(index, folder, "--check", expect=2)
    require(folder, repository, "@main")
    (folder / "lock.json").write_text(lock.replace(first, "0" * 40))
    said = run(index, folder, "--check", expect=2)
    assert "If a locked commit is gone: --upgrade demo" in said
    assert "Traceback" not in said


def test_an_override_of_the_version_that_is_taken_back(index: FolderIndex, folder: Path) -> None:
    overrides = folder / "sdists.toml"
    overrides.write_text('[distributions.demo]\nversion = "1"\n')
    run(index, folder, f"--overrides={overrides.name}")
    assert entry(folder)["filename"] == "demo-1.zip"
    overrides.write_text("")
    run(index, folder, f"--overrides={overrides.name}")
    assert entry(folder)["filename"] == "demo-1.0.zip"


def test_two_places(index: FolderIndex, folder: Path, repository: Path) -> None:
    git(repository, "branch", "other")
    line = f"demo @ git+file://{repository}@{{}}#subdirectory=python{{}}\n"
    both = [line.format(name, "") for name in ("main", "other")]
    (folder / "requirements.txt").write_text("".join(both))
    said = run(index, folder, expect=2)
    assert f"demo is pinned to file://{repository}@main and to file://{repository}@other" in said
    systems = (" ; sys_platform == 'linux'", " ; sys_platform == 'darwin'")
    text = "".join(line.format(name, marker) for name, marker in zip(("main", "other"), systems))
    (folder / "requirements.txt").write_text(text)
    platforms = ("--platform=manylinux_2_28_x86_64", "--platform=macosx_11_0_arm64")
    said = run(index, folder, *platforms, expect=2)
    assert "demo comes from git, but on another target platform from another place" in said


def test_what_no_archive_has(index: FolderIndex, folder: Path, repository: Path) -> None:
    """A link out of its folder is refused; a pointer of Git LFS is told."""
    commit(repository, **{"large.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"})
    assert "NOTE: demo has files in Git LFS, and gets them as pointers: large.bin." in run(index, folder)
    (repository / "LICENSE").write_text("free")
    (repository / "python" / "LICENSE").symlink_to("../LICENSE")
    (repository / "python" / "own").symlink_to("name.txt")
    commit(repository)
    said = run(index, folder, "--upgrade=demo", expect=2)
    assert "demo has links to what is not in its folder: LICENSE." in said


MISTAKES = {
    "revision": ("@nowhere", {}, "it has no branch and no tag nowhere", "git ls-remote"),
    "folder": ("@main#subdirectory=none", {}, "Not a valid object name", "the folder (`subdirectory`)"),
    "version": (
        "@main#subdirectory=python",
        {"pyproject.toml": PYPROJECT},
        "has the version of demo",
        'version = "1.0"',
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes(index: FolderIndex, folder: Path, repository: Path, case: str) -> None:
    address, files, what, fix = MISTAKES[case]
    if files:
        commit(repository, **files)
    require(folder, repository, address, "")
    said = "\n".join(run(index, folder, expect=2).splitlines()[-12:])
    assert what in said
    assert fix in said
    assert "--overrides" in said or "make it a target of your own" in said


def test_the_version_can_be_told(index: FolderIndex, folder: Path, repository: Path) -> None:
    commit(repository, **{"pyproject.toml": PYPROJECT})
    overrides = folder / "sdists.toml"
    overrides.write_text('[distributions.demo]\nversion = "1.0.0"\n')
    run(index, folder, f"--overrides={overrides.name}")
    assert entry(folder)["filename"] == "demo-1.0.0.zip"
    overrides.write_text('[distributions.demo]\nversion = "one"\n')
    assert "'one' is no version" in run(index, folder, f"--overrides={overrides.name}", expect=2)


def test_submodules_are_refused(index: FolderIndex, folder: Path, repository: Path, tmp_path: Path) -> None:
    commit(tmp_path / "inner.git")
    git(repository, "submodule", "--quiet", "add", f"file://{tmp_path}/inner.git", "python/inner")
    git(repository, "commit", "--quiet", "--message=x")
    said = run(index, folder, expect=2)
    assert "demo has submodules (inner)" in said
    assert "init_submodules = True" in said


def test_a_hub_builds_it(index: FolderIndex, repository: Path, tmp_path: Path) -> None:
    """Another output base needs neither git nor the repository: Bazel's repository cache has the sdist."""
    workspace = Workspace(tmp_path / "w", tmp_path / "o")
    require(workspace.root, repository, "@main")
    workspace.build("@rules_sdist//tools/lock")  # with its libraries, which the real index has
    workspace.run("run", "@rules_sdist//tools/lock", "--", "requirements.txt", "-o", "lock.json", env=only(index))
    module = workspace.root / "MODULE.bazel"
    module.write_text(module.read_text() + HUB.replace("INDEX", index.url))
    [wheel] = workspace.outputs("@git_deps//demo:whl")
    first = wheel.read_bytes()
    workspace.shutdown()
    moved = repository.rename(tmp_path / "gone")
    other = Workspace(workspace.root, tmp_path / "p")
    [wheel] = other.outputs("@git_deps//demo:whl")
    assert wheel.read_bytes() == first
    lock = workspace.root / "lock.json"
    lock.write_text(lock.read_text().replace(entry(workspace.root)["sha256"], "0" * 64))
    said = other.error("@git_deps//demo:whl")
    assert "git can't get it" in said
    assert f"git ls-remote file://{repository}" in said
    moved.rename(repository)
    said = other.error("@git_deps//demo:whl")
    assert "its archive is another one than the lock's" in said
    assert "requirements.txt -o lock.json --upgrade demo" in said
    other.shutdown()
