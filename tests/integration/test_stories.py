"""What the teams whose wheels broke overnight ask for, where no other test shows just that."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from typing import TYPE_CHECKING

import pytest
from clients import other_client
from support import CLOSED, REPO, Workspace, backend_project, make_sdist

from common.errors import DIFFERENT

if TYPE_CHECKING:
    from pathlib import Path

MAPPED = CLOSED.replace("closed", "mapped")
SQLALCHEMY = """
py_sdist_wheel(
    name = "sqlalchemy",
    sdist = "@sqlalchemy_sdist//:file",
    build_requires = ["@setuptools_wheel//:file"],
    wheel_tags = "{python}-{abi}-{platform}",
)
"""


def test_the_three_extensions_of_sqlalchemy_are_there_and_equal(workspace: Workspace) -> None:
    """Its setup.py goes on without those that do not compile. Two paths, with and without a sandbox."""
    workspace.package("sqlalchemy", SQLALCHEMY)
    outputs = []
    for flags in ([CLOSED], [MAPPED], [MAPPED, "--spawn_strategy=local"]):
        workspace.build("//sqlalchemy", *flags)
        (file,) = (workspace.bin() / "sqlalchemy").glob("*.whl")
        with zipfile.ZipFile(file) as wheel:
            names = {name.rpartition("/")[2].partition(".")[0] for name in wheel.namelist() if name.endswith(".so")}
        assert names == {"cprocessors", "cresultproxy", "cutils"}
        outputs.append(file.read_bytes())
    assert outputs[0] == outputs[1] == outputs[2]


DEBIAN = ("-O2", "-g", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2")
OTHER = ("-O3", "-Wall", "-U_FORTIFY_SOURCE", "-fno-stack-protector")


def test_two_containers_flags_are_named_in_wheels_and_in_environments(workspace: Workspace, tmp_path: Path) -> None:
    """SQLAlchemy as one container compiles it and as another one does: with what, and what that made of the wheel."""
    workspace.package("sqlalchemy", SQLALCHEMY)
    wheels = []
    for name, flags in (("debian", DEBIAN), ("other", OTHER)):
        copts = [f"--copt={flag}" for flag in flags]
        workspace.build("//sqlalchemy", CLOSED, *copts, "--output_groups=+buildinfo", "--strip=never")
        (tmp_path / name).mkdir()
        for file in (workspace.bin() / "sqlalchemy").glob("*.whl*"):
            shutil.copy(file, tmp_path / name)
        wheels += sorted((tmp_path / name).glob("*.whl"))

    def diff(*arguments: str | Path) -> str:
        line = [sys.executable, str(REPO / "tools" / "wheel_diff"), *map(str, arguments)]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        assert done.returncode == DIFFERENT, done.stderr
        return done.stdout

    said = diff(*wheels)
    causes = said.split("\n\n")[0]
    assert "compiler flags in " in causes
    assert "compiled with -g -fstack-protector in A" in causes  # our wheels record no flags: these show
    assert "build path" not in causes
    files = [f"{wheel}.buildinfo.json" for wheel in wheels]
    assert said.endswith(f"\nIn what they were built with: wheel_diff --environment {' '.join(files)}\n")
    told = diff("--environment", *files)
    (line,) = (line for line in told.splitlines() if line.strip().startswith("c_flags: "))
    only_a, only_b = line.partition("only A: ")[2].split("; only B: ")
    assert {*DEBIAN} - {"-O2"} <= set(only_a.split())  # which is the toolchain's, and so in both
    assert {"-O3", "-fno-stack-protector"} <= set(only_b.split())


FIND = """
import importlib.metadata
try:
    found = importlib.metadata.version("setuptools")
    import setuptools
    found += " " + setuptools.__version__
except ImportError:
    found = "none"
return write_wheel(wheel_directory, {"found.txt": found}, name=NAME)
"""
TWO = """
py_sdist_wheel(name = "without", sdist = "without-1.0.tar.gz")
py_sdist_wheel(name = "declared", sdist = "declared-1.0.tar.gz", build_requires = ["@setuptools_wheel//:file"])
"""


def text_in(workspace: Workspace, package: str, distribution: str, member: str) -> str:
    with zipfile.ZipFile(workspace.bin() / package / f"{distribution}-1.0-py3-none-any.whl") as wheel:
        return wheel.read(member).decode()


@pytest.mark.parametrize("isolation", [CLOSED, MAPPED])
def test_a_setuptools_of_the_machine_can_not_get_in(workspace: Workspace, tmp_path: Path, isolation: str) -> None:
    """One on PYTHONPATH, in the user's site-packages and in a virtual environment; the declared one is the lock's."""
    client = other_client(tmp_path)
    versions = [f"home/.local/lib/python3.{minor}/site-packages" for minor in range(9, 20)]
    for place in ("on_path", "environment/lib/python3/site-packages", *versions):
        folder = tmp_path / place
        (folder / "setuptools").mkdir(parents=True)
        (folder / "setuptools" / "__init__.py").write_text("__version__ = '9999'\n")
        (folder / "setuptools-9999.dist-info").mkdir()
        (folder / "setuptools-9999.dist-info" / "METADATA").write_text("Name: setuptools\nVersion: 9999\n")
    client.update(PYTHONPATH=str(tmp_path / "on_path"), VIRTUAL_ENV=str(tmp_path / "environment"))
    package = f"foreign/{isolation.rpartition('=')[2]}"
    folder = workspace.package(package, TWO)
    for name in ("without", "declared"):
        make_sdist(backend_project(FIND.replace("NAME", repr(name))), folder / f"{name}-1.0.tar.gz")
    handed_on = [f"--action_env={name}" for name in ("HOME", "PYTHONPATH", "VIRTUAL_ENV")]
    workspace.build(f"//{package}:all", isolation, *handed_on, env=client)
    assert text_in(workspace, package, "without", "found.txt") == "none"
    assert text_in(workspace, package, "declared", "found.txt") == "84.2.1 84.2.1"


WALK = """
place, seen = os.getcwd(), []
while True:
    seen += [name for name in os.listdir(place) if name == ".git"]
    if place == os.path.dirname(place):
        break
    place = os.path.dirname(place)
return write_wheel(wheel_directory, {"seen.txt": repr(seen)}, name=NAME)
"""


def test_a_repository_above_the_build_is_not_found_by_walking_up(workspace: Workspace) -> None:
    """As tools do that take the version from it: absent or there, the wheel is the same."""
    repository = workspace.output_base / ".git"
    build_file = "".join(
        f'py_sdist_wheel(name = "{name}", sdist = "{name}-1.0.tar.gz")\n' for name in ("absent", "there")
    )
    folder = workspace.package("walking", build_file)
    for name in ("absent", "there"):
        make_sdist(backend_project(WALK.replace("NAME", repr(name))), folder / f"{name}-1.0.tar.gz")
    workspace.build("//walking:absent", CLOSED)
    repository.mkdir()
    try:
        (repository / "HEAD").write_text("ref: refs/heads/main\n")
        workspace.build("//walking:there", CLOSED)
    finally:
        (repository / "HEAD").unlink()
        repository.rmdir()
    seen = [text_in(workspace, "walking", name, "seen.txt") for name in ("absent", "there")]
    assert seen == ["[]", "[]"]


SPOIL = """
names = sorted(os.listdir("."))
for name in ("data.txt", "backend.py"):
    with open(name, "a") as file:
        file.write("# spoilt")
os.unlink("gone.txt")
os.unlink("pyproject.toml")
open("new.txt", "w").close()
return write_wheel(wheel_directory, {"names.txt": " ".join(names)}, name=os.environ["NAME"])
"""
SPOILT = """
[
    py_sdist_wheel(
        name = name,
        srcs = glob(["**"], exclude = ["BUILD.bazel"]),
        distribution = name,
        env = {"NAME": name},
        version = "1.0",
    )
    for name in ["one", "two"]
]
"""


@pytest.mark.parametrize("isolation", [CLOSED, MAPPED])
def test_a_backend_that_writes_and_deletes_in_its_tree_changes_no_input(workspace: Workspace, isolation: str) -> None:
    """Without a sandbox, twice from the same files."""
    package = f"spoilt/{isolation.rpartition('=')[2]}"
    files = backend_project(SPOIL, {"data.txt": "data\n", "gone.txt": "gone\n"})
    folder = workspace.package(package, SPOILT, files)

    def hashes() -> dict[str, str]:
        return {
            os.path.relpath(file, folder): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in folder.rglob("*")
            if file.is_file()
        }

    before = hashes()
    workspace.build(f"//{package}:all", isolation, "--spawn_strategy=local", "--jobs=1")
    assert hashes() == before
    names = [text_in(workspace, package, name, "names.txt").split() for name in ("one", "two")]
    assert names[0] == names[1]
    assert {"data.txt", "gone.txt"} <= set(names[0])


NEEDS_SIX = """
py_sdist_wheel(name = "needs_six", sdist = "demo-1.0.tar.gz", deps = ["//wheels:six_wheel"], requires_dist = ["six"])
"""


def signed(file: Path) -> bytes:
    """Signs a file with a key that is made for this; returns that key."""
    with tempfile.TemporaryDirectory(prefix="g-") as home:  # short: a socket is in it
        gpg = ["gpg", "--batch", "--homedir", home, "--pinentry-mode=loopback", "--passphrase="]
        subprocess.run([*gpg, "--quick-generate-key", "release@example.com", "ed25519", "sign", "never"], check=True)
        subprocess.run([*gpg, "--armor", "--detach-sign", str(file)], check=True)
        key = subprocess.run([*gpg, "--export"], stdout=subprocess.PIPE, check=True).stdout
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "gpg-agent"], check=True)
    return key


@pytest.mark.skipif(not shutil.which("gpg"), reason="there is no gpg")
def test_signed_wheels_are_verified_and_installed_without_a_network(workspace: Workspace, tmp_path: Path) -> None:
    """A wheel and all that it needs: recorded, signed, handed over, verified, installed, imported."""
    body = 'return write_wheel(wheel_directory, {"demo.py": "import six"}, requires=["six"])'
    folder = workspace.package("signed", NEEDS_SIX)
    make_sdist(backend_project(body), folder / "demo-1.0.tar.gz")
    recorded = workspace.command("wheel_hashes", "--file=signed.sha256", "//signed:all")
    assert recorded.code == 0, recorded.err
    workspace.build("@rules_sdist//tools/verify_wheels:program")
    (program,) = workspace.bin().glob("external/rules_sdist*/tools/verify_wheels/program.zip")

    handed_over = tmp_path / "wheels"
    handed_over.mkdir()
    shutil.copy(workspace.root / "signed.sha256", handed_over / "wheels.sha256")
    for package in ("signed", "wheels"):
        for wheel in (workspace.bin() / package).glob("*-none-any.whl"):
            if wheel.name in (handed_over / "wheels.sha256").read_text():
                shutil.copy(wheel, handed_over)
    (tmp_path / "keys.gpg").write_bytes(signed(handed_over / "wheels.sha256"))

    python = str(tmp_path / "environment" / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "environment")], check=True)
    alone = ["unshare", "--user", "--map-root-user", "--net"]
    verified = subprocess.run(
        [*alone, python, str(program), "--keyring", str(tmp_path / "keys.gpg"), str(handed_over)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    assert verified == f"Signed by release@example.com, and as signed: 2 wheels in {handed_over}.\n"
    pip = [os.path.realpath(sys.executable), "-m", "pip", "--python", python, "install", "--quiet", "--no-index"]
    subprocess.run([*alone, *pip, "--find-links", str(handed_over), "demo"], check=True)
    subprocess.run([*alone, python, "-c", "import demo; demo.six.text_type"], check=True)
