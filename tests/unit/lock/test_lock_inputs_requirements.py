"""A requirements.txt: the forms of its lines, what it includes, and what is wrong with a line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pinned_inputs import UNDER_310, A, B, C, read

from common.errors import UserError
from lock.pinned import Pinned, PinnedFile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "line",
    [
        f"demo==1.0 --hash=sha256:{A}",
        f"demo == 1.0 --hash=sha256:{A} \\",
        f"demo==1.0 \\\n  # a comment ends the requirement\n--pre\ndemo==1.0 --hash=sha256:{A}".split("\n", 3)[3],
        f"demo==1.0 \\\n--hash=sha256:{A} \\\n# via x \\\n--pre",
        f"demo==1.0 --hash=sha256:{A}\nDemo==1.0 --hash=sha256:{A}",
        f"demo==1.0 --hash 'sha256:{A}'",
        f"--require-hashes\n--no-index\n-f wheels\ndemo==1.0 --hash=sha256:{A}",
    ],
)
def test_forms_of_a_requirement(tmp_path: Path, line: str) -> None:
    assert read(tmp_path, line) == (Pinned("demo", "1.0", (A,)),)


@pytest.mark.parametrize(
    "line",
    [
        f"demo @ https://files.example/demo-1.0.tar.gz --hash=sha256:{A}",
        f"demo @ https://files.example/demo-1.0.tar.gz#sha256={A}",
        f"demo@https://files.example/demo-1.0.tar.gz?x=/y#egg=demo&sha256={A}",
        f"https://files.example/demo-1.0.tar.gz --hash=sha256:{A}",
        f"./wheels/demo-1.0.tar.gz --hash=sha256:{A}",
        f"demo @ file:///wheels/demo-1.0.tar.gz --hash=sha256:{A}",
    ],
)
def test_file_with_a_hash(tmp_path: Path, line: str) -> None:
    assert read(tmp_path, line) == (Pinned("demo", "1.0", (A,), (PinnedFile("demo-1.0.tar.gz", A),)),)


def test_file_with_a_hash_marker_and_extra(tmp_path: Path) -> None:
    url = "https://files.example/demo-1.0-py3-none-any.whl"
    file = PinnedFile("demo-1.0-py3-none-any.whl", A)
    expected = Pinned("demo", "1.0", (A,), (file,), UNDER_310, ("x",))
    marker = "python_full_version < '3.10'"
    assert read(tmp_path, f"demo[x] @ {url} ; {marker} --hash=sha256:{A}") == (expected,)
    assert read(tmp_path, f"{url} ; {marker} --hash=sha256:{A}") == (replace(expected, extras=()),)
    assert read(tmp_path, f"demo @ {url} --hash=sha256:{A} --hash=sha256:{B}") == (Pinned("demo", "1.0", (A, B)),)


def test_includes(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more/a.txt").write_text(f"-r b.txt\na==1 --hash=sha256:{A}\n")
    (tmp_path / "more/b.txt").write_text(f"b==1 --hash=sha256:{B}\n")
    text = f"-r more/a.txt\n--requirement=more/b.txt\n-rmore/b.txt\nc==1 --hash=sha256:{C}\n"
    assert [pin.name for pin in read(tmp_path, text)] == ["a", "b", "c"]


def test_cycle_of_includes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("-r requirements.txt\n")
    with pytest.raises(UserError, match=r"^-r requirements\.txt includes itself\.") as caught:
        read(tmp_path, "\n-r a.txt\n")
    assert caught.value.where == f"{tmp_path / 'a.txt'}:1"


@pytest.mark.parametrize(
    ("line", "message", "fix"),
    [
        ("demo==1.0", "demo==1.0 has no hash.", "--generate-hashes"),
        (f"demo==1.0 --hash=sha512:{A}", "demo==1.0 has a hash of sha512 only, not of sha256.", "--generate-hashes"),
        (
            "demo==1.0 --hash=sha256:abc",
            "demo==1.0 has the hash sha256:abc, which is not 64 hexadecimal digits.",
            "--generate-hashes",
        ),
        (f"demo --hash=sha256:{A}", "demo does not say one version with `==`.", "pip-compile"),
        (f"demo>=1.0 --hash=sha256:{A}", "demo>=1.0 does not say one version with `==`.", "pip-compile"),
        (f"demo==1.* --hash=sha256:{A}", "demo==1.* does not say one version with `==`.", "pip-compile"),
        (f"demo==1.0,<2 --hash=sha256:{A}", "demo==1.0,<2 does not say one version with `==`.", "pip-compile"),
        ("demo===one", "demo===one does not say one version with `==`.", "pip-compile"),
        (
            "demo @ hg+https://files.example/demo@main",
            "demo @ hg+https://files.example/demo@main is a checkout of version control, which has no sha256 that it"
            " could be locked by.",
            "Ask for a release",
        ),
        (
            "git+ssh://git@files.example/demo",
            "git+ssh://git@files.example/demo is a checkout of version control, which has no sha256 that it could be"
            " locked by.",
            "Give it its name",
        ),
        (
            "-e .",
            "The editable requirement . has no sha256 that it could be locked by.",
            "uv export --no-emit-local",
        ),
        (
            "--editable=file:///x",
            "The editable requirement file:///x has no sha256 that it could be locked by.",
            "uv export --no-emit-local",
        ),
        (
            "./libs/demo",
            "./libs/demo is neither a wheel nor an sdist by its name, and has no sha256 to be locked by.",
            "uv export --no-emit-local",
        ),
        (
            "demo @ https://files.example/demo-1.0.tar.gz",
            "demo @ https://files.example/demo-1.0.tar.gz has no hash.",
            "Add `--hash=sha256:...`",
        ),
        (
            f"demo @ https://files.example/demo-1.0.tar.gz#sha512={A}",
            f"demo @ https://files.example/demo-1.0.tar.gz#sha512={A} has a hash of sha512 only, not of sha256.",
            "Add `--hash=sha256:...`",
        ),
        (
            f"demo @ https://files.example/main.zip --hash=sha256:{A}",
            "The file name of https://files.example/main.zip is not that of a wheel or an sdist of demo, so its version"
            " is not known.",
            "NAME==VERSION",
        ),
        (
            f"demo @ https://files.example/other-1.0.tar.gz --hash=sha256:{A}",
            "The file name of https://files.example/other-1.0.tar.gz is not that of a wheel or an sdist of demo, so its"
            " version is not known.",
            "NAME==VERSION",
        ),
        (
            f"demo @ https://[x/demo-1.0.tar.gz --hash=sha256:{A}",
            "The file name of https://[x/demo-1.0.tar.gz is not that of a wheel or an sdist of demo, so its version"
            " is not known.",
            "NAME==VERSION",
        ),
        (
            "./demo-1.0.tar.gz and more",
            "'and more' can't follow ./demo-1.0.tar.gz.",
            "NAME @ URL ; MARKER",
        ),
        ("--no-such x", "The option --no-such is not known here.", "Remove it"),
        ("-x", "The option -x is not known here.", "Remove it"),
        ("--pre extra", "The option extra is not known here.", "Remove it"),
        ("--hash=sha256:0", "The option --hash is not known here.", "Remove it"),
        ("-r", "The option -r has no value.", "Add its value"),
        ("--index-url", "The option --index-url has no value.", "Add its value"),
        ("-r 'x", "The options can't be split into words: No closing quotation.", "Balance the quotes"),
        (
            "demo==1.0 --config-settings=x=y",
            "The option --config-settings of demo==1.0 is not known here.",
            "Remove it",
        ),
        ("-r none.txt", "-r none.txt does not exist.", "relative to the including file"),
        ("-r https://files.example/r.txt", "-r https://files.example/r.txt is not a local file.", "Save it"),
        ("-r ../requirements.txt/", "-r ../requirements.txt/ does not exist.", "relative"),
        ("demo==1.0 ; python_verson < '3'", None, "pip-compile"),
        ("{", None, "pip-compile"),
        (
            f"demo==1.0 --hash=sha256:{A}\ndemo==2.0 --hash=sha256:{A}",
            "demo is pinned to 1.0 and to 2.0, with nothing that tells when to take which.",
            "Lock all requirements together",
        ),
    ],
)
def test_bad_requirement(tmp_path: Path, line: str, message: str | None, fix: str) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, f"# a comment\ngood==1 \\\n    --hash=sha256:{A}\n{line}\n")
    expected = message or f"{line!r} is not a requirement: "
    assert caught.value.what[: len(expected)] == expected
    assert message is None or caught.value.what == message
    number = 4 + line.count("\n")
    assert caught.value.where == f"{tmp_path / 'requirements.txt'}:{number}"
    assert fix in caught.value.fix
