"""What the inputs of `lock` pin, and which reader a file gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pinned_inputs import PIP_COMPILE, PYLOCK, UNDER_310, UV_COMPILE, UV_LOCK, A, B, C, read

from common.errors import UserError
from lock.inputs.read import read_inputs
from lock.pinned import Pinned, PinnedFile

if TYPE_CHECKING:
    from pathlib import Path

NUMPY = (
    PinnedFile("numpy-2.0.2-cp39-cp39-linux_x86_64.whl", A),
    PinnedFile("numpy-2.0.2-cp39-cp39-win_amd64.whl", B),
    PinnedFile("numpy-2.0.2.tar.gz", C),
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param(
            "requirements.txt",
            PIP_COMPILE,
            (
                Pinned(
                    "foo-bar",
                    "1.0.post1",
                    (A, B),
                    marker='python_version < "3.12" and sys_platform == "linux"',
                    extras=("all", "socks"),
                ),
                Pinned("zope-interface", "2024.01", (C,)),
            ),
            id="pip-compile",
        ),
        pytest.param(
            "requirements.txt",
            UV_COMPILE,
            (
                Pinned("numpy", "2.0.2", (A,), marker=UNDER_310),
                Pinned("numpy", "2.4.6", (B, C), marker='python_full_version >= "3.10"'),
            ),
            id="uv pip compile",
        ),
        pytest.param(
            "pylock.toml",
            PYLOCK,
            (
                Pinned("numpy", "2.00.2", (A, B, C), NUMPY, UNDER_310, ("*",)),
                Pinned(
                    "requests",
                    "2.32.5",
                    (A,),
                    (PinnedFile("requests-2.32.5-py3-none-any.whl", A),),
                    '"socks" in extras',
                    ("*",),
                    requires=("idna", 'numpy==2.00.2; os_name == "nt"'),
                ),
                Pinned("torch", "2.1.0+cpu", (B,), (PinnedFile("torch-2.1.0+cpu-py3-none-any.whl", B),), "", ("*",)),
            ),
            id="pylock.toml",
        ),
        pytest.param(
            "uv.lock",
            UV_LOCK,
            (
                Pinned(
                    "numpy",
                    "2.0.2",
                    (A, B, C),
                    NUMPY,
                    'python_full_version < "3.9.2" or python_full_version == "3.9.*"',
                    requires=(),
                ),
                Pinned(
                    "numpy",
                    "2.4.6",
                    (A,),
                    (PinnedFile("numpy-2.4.6-cp311-cp311-linux_x86_64.whl", A),),
                    'python_full_version >= "3.10"',
                    requires=(),
                ),
                Pinned(
                    "requests",
                    "2.32.5",
                    (A,),
                    (PinnedFile("requests-2.32.5.tar.gz", A),),
                    requires=(
                        'numpy==2.0.2; python_full_version < "3.10"',
                        'pysocks; extra == "socks"',
                        "urllib3[brotli,zstd]",
                        'win; (os_name == "nt" or os_name == "os2") and extra == "socks"',
                    ),
                ),
                Pinned("six", "1.17.0", (B,), (PinnedFile("six-1.17.0.tar.gz", B),), requires=()),
                Pinned("vendored", "1.0", (C,), (PinnedFile("vendored-1.0-py3-none-any.whl", C),), requires=()),
            ),
            id="uv.lock",
        ),
    ],
)
def test_what_is_pinned(tmp_path: Path, name: str, text: str, expected: tuple[Pinned, ...]) -> None:
    assert read(tmp_path, text, name) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pylock.dev.toml", PYLOCK, 3),
        ("pylock.toml", PYLOCK.replace('"1.0"', '"1.7"', 1), 3),
        ("frozen.toml", PYLOCK, 3),
        ("frozen.lock", PYLOCK, 3),
        ("frozen.lock", UV_LOCK, 5),
        ("frozen.lock", PIP_COMPILE, 2),
        ("frozen.lock", "# nothing\n", 0),
        ("requirements.in", PIP_COMPILE, 2),
        ("requirements.txt", "\ufeff" + UV_COMPILE, 2),
        ("requirements.txt", UV_COMPILE.replace("\n", "\r\n"), 2),
        ("requirements.txt", "# nothing to pin\n", 0),
    ],
)
def test_name_or_content_chooses_the_reader(tmp_path: Path, name: str, text: str, expected: int) -> None:
    assert len(read(tmp_path, text, name)) == expected


@pytest.mark.parametrize(
    ("name", "content", "message", "fix"),
    [
        ("requirements.txt", None, "requirements.txt does not exist.", "Correct the path"),
        ("uv.lock", None, "uv.lock does not exist.", "Correct the path"),
        ("requirements.txt", b"", "requirements.txt is empty.", "a requirements.txt with hashes"),
        ("pylock.toml", b" \n", "pylock.toml is empty.", "a requirements.txt with hashes"),
        ("requirements.txt", "a==1".encode("utf-16"), "requirements.txt is not UTF-8 text.", "Save it as UTF-8"),
        ("poetry.lock", b"[[package]]", "poetry.lock is not a format that is read.", "poetry export"),
        ("Pipfile.lock", b"{}", "Pipfile.lock is not a format that is read.", "pipenv requirements --hash"),
        ("pdm.lock", b"[[package]]", "pdm.lock is not a format that is read.", "pdm export"),
        ("pyproject.toml", b"[project]", "pyproject.toml is not a format that is read.", "uv lock"),
        ("x.toml", b"[x]", "x.toml is TOML, but neither of pylock.toml's nor of uv.lock's form.", "uv.lock"),
        ("x.toml", b"# x", "x.toml is TOML, but neither of pylock.toml's nor of uv.lock's form.", "uv.lock"),
        ("x.lock", b"[x]", "x.lock is TOML, but neither of pylock.toml's nor of uv.lock's form.", "uv.lock"),
        ("x.toml", b"[x", "x.toml is not valid TOML: ", "anew"),
    ],
)
def test_bad_file(tmp_path: Path, name: str, content: bytes | None, message: str, fix: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_inputs(tmp_path / name)
    assert caught.value.what.startswith(message)
    assert caught.value.where == str(tmp_path / name)
    assert fix in caught.value.fix


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder, not a file"):
        read_inputs(tmp_path)
