"""What is wrong with an sdist's archive, and the message that a user gets."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from demo import PLAIN, add_wheel, build_error
from support import backend_project

if TYPE_CHECKING:
    from support import Workspace


def tar(*members: tuple[str, str | bytes], **fields: object) -> bytes:
    """A .tar.gz with regular members, and last one special member made of `fields` (see tarfile.TarInfo)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members:
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        if fields:
            info = tarfile.TarInfo()
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info)
    return buffer.getvalue()


def zipped(name: str, content: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


GOOD = tar(("demo-1.0/setup.py", "x" * 5000), ("demo-1.0/data.bin", bytes(range(256)) * 100))
ARCHIVES = {
    "truncated": (GOOD[:-200], ["not a readable sdist archive", "demo-1.0.tar.gz", "truncated"]),
    "html": (b"<html><body>Please log in</body></html>", ["not a readable sdist archive", "error page"]),
    "empty": (b"", ["not a readable sdist archive"]),
    "absolute": (tar(("/tmp/rules_sdist_was_here", "!")), ["'/tmp/rules_sdist_was_here'", "absolute name"]),
    "up": (tar(("demo-1.0/../../../rules_sdist_was_here", "!")), ["leads out of the build root"]),
    "zip_up": (zipped("../rules_sdist_was_here", "!"), ["'../rules_sdist_was_here'", "leads out of the build root"]),
    "link_out": (
        tar(("demo-1.0/setup.py", ""), name="demo-1.0/link", type=tarfile.SYMTYPE, linkname="../../../etc"),
        ["'demo-1.0/link'", "leads out of the build root"],
    ),
    "absolute_link": (
        tar(("demo-1.0/setup.py", ""), name="demo-1.0/link", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        ["'demo-1.0/link'", "/etc/passwd"],
    ),
    "hard_link_out": (
        tar(("demo-1.0/setup.py", ""), name="demo-1.0/hard", type=tarfile.LNKTYPE, linkname="../outside"),
        ["'demo-1.0/hard'", "out"],
    ),
    "device": (tar(name="demo-1.0/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3), ["'demo-1.0/null'", "device"]),
    "pipe": (tar(name="demo-1.0/pipe", type=tarfile.FIFOTYPE), ["'demo-1.0/pipe'", "pipe"]),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_archive_is_refused_and_writes_nothing_outside(workspace: Workspace, case: str, tmp_path: Path) -> None:
    content, expected = ARCHIVES[case]
    workspace.package(
        f"archive_{case}",
        'py_sdist_wheel(name = "wheel", sdist = "demo-1.0.tar.gz")',
        {"demo-1.0.tar.gz": content},
    )
    # Unsandboxed: nothing but the helper keeps the archive from the disk.
    message = workspace.error(f"//archive_{case}:wheel", "--spawn_strategy=local")
    for text in expected:
        assert text in message
    assert "fix:" in message
    assert not list(tmp_path.parent.glob("**/rules_sdist_was_here"))
    assert not list(workspace.output_base.glob("execroot/**/rules_sdist_was_here"))
    assert not Path("/tmp/rules_sdist_was_here").exists()


def test_bomb_is_stopped_at_the_limit(workspace: Workspace) -> None:
    files = {**backend_project(PLAIN), "zeros.bin": bytes(8 << 20)}
    message = build_error(workspace, "bomb", files, "max_unpacked_mib = 4,")
    assert "unpacks to more than it may" in message
    assert "demo-1.0/zeros.bin" in message
    assert "max_unpacked_mib" in message


def test_non_ascii_and_very_long_member_names_build(workspace: Workspace) -> None:
    long = "/".join(["a_rather_long_folder_name_that_goes_on"] * 7) + "/" + "x" * 150 + ".py"
    body = """
    import pathlib
    names = sorted(str(path) for path in pathlib.Path("demo").rglob("*.py"))
    return write_wheel(wheel_directory, {name: pathlib.Path(name).read_text() for name in names})
    """
    names = {"demo/größe_名前.py": "größe = 1\n", f"demo/{long}": "", "demo/__init__.py": ""}
    add_wheel(workspace, "names", {**backend_project(body), **names})
    workspace.build("//names:wheel")
    (wheel,) = (workspace.bin() / "names").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert set(names) <= set(archive.namelist())
