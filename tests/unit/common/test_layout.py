from __future__ import annotations

import os
import tempfile
from pathlib import Path

from common.files import remove_tree
from isolation.layout import Layout, linked_execroots


def test_paths_of_parameters_start_at_the_execution_root(tmp_path: Path) -> None:
    layout = Layout(tmp_path, tmp_path / "root")
    assert layout.path("bazel-out/x") == tmp_path / "bazel-out/x"
    assert str(layout.path("/usr/bin/gcc")) == "/usr/bin/gcc"


def test_directories_are_empty_whatever_a_killed_build_left(tmp_path: Path) -> None:
    layout = Layout(tmp_path, tmp_path / "root")
    (layout.source / "old").mkdir(parents=True)
    (layout.source / "old" / "file").touch()
    (layout.source / "old").chmod(0o500)
    layout.create()
    assert sorted(path.name for path in layout.root.rglob("*")) == ["h", "l", "o", "s", "t", "w"]


def test_removing_a_tree_does_not_follow_its_links(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir(mode=0o755)
    (tmp_path / "outside" / "file").touch()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "outside").chmod(0o555)
    remove_tree(tmp_path / "root")
    assert not (tmp_path / "root").exists()
    assert (tmp_path / "outside" / "file").exists()
    assert (tmp_path / "outside").stat().st_mode & 0o777 == 0o555
    remove_tree(tmp_path / "root")


def dig(folder: Path, levels: int, mode: int = 0o755) -> None:
    """Makes folders in each other, some with a file; paths would become longer than the system allows."""
    here = os.open(folder, os.O_RDONLY)
    for level in range(levels):
        if level % 100 == 0:
            os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.fchmod(here, mode)
        os.close(here)
        here = below
    os.close(here)


def test_removing_a_tree_however_deep(tmp_path: Path) -> None:
    """In memory, where there is such a folder: disks take minutes."""
    memory = Path("/dev/shm")
    for levels, place in ((1400, tmp_path), (50_000, memory if os.access(memory, os.W_OK) else tmp_path)):
        folder = Path(tempfile.mkdtemp(dir=place))
        (folder / "beside").mkdir()
        dig(folder, levels, mode=0o500)
        remove_tree(folder)
        assert not folder.exists()


def test_execution_roots_that_links_lead_to(tmp_path: Path) -> None:
    for place in ("real/out/tree/lib", "sandbox/out/tree/lib", "sandbox/out/own", "sandbox/out/elsewhere"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "real/out/tree/lib/x.py").touch()
    (tmp_path / "sandbox/out/tree/lib/x.py").symlink_to(tmp_path / "real/out/tree/lib/x.py")
    (tmp_path / "sandbox/out/own/y.py").touch()
    (tmp_path / "sandbox/out/elsewhere/z.py").symlink_to(tmp_path / "real/out/tree/lib/x.py")
    trees = ["out/tree", "out/own", "out/elsewhere", "out/missing"]
    assert linked_execroots(tmp_path / "sandbox", trees) == (str(tmp_path / "real"),)


def test_inputs_below_the_root_lead_to_no_other_execution_root(tmp_path: Path) -> None:
    """On a remote worker `/` can be the execution root; an empty prefix would be mapped in every relative path."""
    (tmp_path / "file").touch()
    assert linked_execroots(Path("/"), [str(tmp_path)[1:]]) == ()
