"""Wheels whose hashes are signed. The keys and signatures are in `signatures`, made by make_signatures.sh."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from common.errors import UserError
from verify_wheels.command import verify_wheels

SIGNATURES = Path(__file__).parent / "signatures"
WHEEL = "demo-1.0-py3-none-any.whl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a wheel, and its signed hash."""
    place = tmp_path / "wheels"
    place.mkdir()
    (place / WHEEL).write_bytes(b"wheel")
    shutil.copy(SIGNATURES / "wheels.sha256", place)
    shutil.copy(SIGNATURES / "release.asc", place / "wheels.sha256.asc")
    return place


def verify(folder: Path, *more: str, keyring: str = "keyring.gpg") -> int:
    return verify_wheels([str(folder), "--keyring", str(SIGNATURES / keyring), *more])


def refusal(folder: Path, *more: str, keyring: str = "keyring.gpg") -> UserError:
    with pytest.raises(UserError) as caught:
        verify(folder, *more, keyring=keyring)
    return caught.value


def test_signed_wheels_are_good(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(folder) == 0
    assert capsys.readouterr().out == f"Signed by release@example.com, and as signed: 1 wheel in {folder}.\n"


def test_a_wheel_that_was_changed(folder: Path) -> None:
    (folder / WHEEL).write_bytes(b"wheeL")
    said = refusal(folder)
    assert "1 of 1 wheels are not those that were signed" in said.what
    assert f"{WHEEL}: signed sha256 " in said.what
    assert said.fix.startswith("Don't install them.")


def test_a_wheel_that_nobody_signed(folder: Path) -> None:
    """`pip install --find-links` could take it."""
    (folder / "evil-1.0-py3-none-any.whl").write_bytes(b"wheel")
    assert "evil-1.0-py3-none-any.whl: nobody has signed a wheel with this name" in refusal(folder).what


def test_a_wheel_under_another_s_name(folder: Path) -> None:
    (folder / WHEEL).rename(folder / "other-1.0-py3-none-any.whl")
    assert "other-1.0-py3-none-any.whl: signed sha256 " in refusal(folder).what


def test_hashes_that_were_changed(folder: Path) -> None:
    sums = folder / "wheels.sha256"
    sums.write_text(sums.read_text().replace("# environment 1", "# environment 2"))
    said = refusal(folder)
    assert said.what.startswith("The signature is not of this text: somebody has changed the hashes")
    assert said.fix.startswith("Don't use these wheels.")


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        ("stranger", "was made with a key that is not in the keyring (key "),
        ("expired", "was made with a key that has expired (key "),
        ("old", "has expired (key "),
        ("revoked", "was made with a key that its owner has revoked (key "),
    ],
)
def test_each_signature_that_is_not_good_has_an_error_of_its_own(folder: Path, signature: str, said: str) -> None:
    assert said in refusal(folder, "--signature", str(SIGNATURES / f"{signature}.asc")).what


def test_no_signature(folder: Path) -> None:
    (folder / "wheels.sha256.asc").unlink()
    said = refusal(folder)
    assert said.what.startswith("wheels.sha256 is not signed: there is no wheels.sha256.asc, ")
    assert "gpg --armor --detach-sign wheels.sha256" in said.fix


def test_what_is_no_signature(folder: Path) -> None:
    (folder / "wheels.sha256.asc").write_text("-----BEGIN PGP SIGNATURE-----\n\nnone\n-----END PGP SIGNATURE-----\n")
    assert "The signature can't be verified: " in refusal(folder).what


def test_a_keyring_that_gpgv_does_not_read(folder: Path) -> None:
    assert "gpg --dearmor" in refusal(folder, keyring="keyring.asc").fix


@pytest.mark.parametrize("gone", ["wheels.sha256", WHEEL])
def test_a_file_that_is_not_there(folder: Path, gone: str) -> None:
    (folder / gone).unlink()
    assert "There is no " in refusal(folder).what


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    said = refusal(tmp_path / "none")
    assert (said.what, said.fix) == (f"There is no file {tmp_path}/none/wheels.sha256.", "Name the file: --sums FILE")


def test_without_a_program_the_error_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    assert refusal(folder).fix.startswith("Install gpgv or sqv")


def test_a_keyring_of_the_user_is_not_asked(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """gpgv has a default one, trustedkeys.gpg."""
    home = tmp_path / ".gnupg"
    home.mkdir(mode=0o700)
    shutil.copy(SIGNATURES / "keyring.gpg", home / "trustedkeys.gpg")
    monkeypatch.setenv("GNUPGHOME", str(home))
    (tmp_path / "empty.gpg").write_bytes(b"")
    with pytest.raises(UserError, match=r"not in the keyring|can't be verified"):
        verify_wheels([str(folder), "--keyring", str(tmp_path / "empty.gpg")])


def test_sequoia_s_program_is_asked_where_there_is_no_other(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answers are exit codes, here those of a script in its place."""
    sqv = tmp_path / "bin" / "sqv"
    sqv.parent.mkdir()
    monkeypatch.setenv("PATH", str(sqv.parent))
    sqv.write_text(
        '#!/bin/sh\n[ "$1" = --keyring ] && read -r line < "$4" && [ "$line" = "# environment 1" ] && echo 1234\n'
    )
    sqv.chmod(0o755)
    assert verify(folder) == 0
    sqv.write_text("#!/bin/sh\necho 'no valid signature' >&2; exit 1\n")
    assert "The signature can't be verified: no valid signature" in refusal(folder).what


@pytest.mark.parametrize("line", ["abc  x.whl", "0" * 64 + "  " + WHEEL])
def test_hashes_that_are_none(folder: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signed file can be nonsense, too."""
    monkeypatch.setattr("verify_wheels.command.check_signature", lambda *_: "somebody")
    with (folder / "wheels.sha256").open("a") as sums:
        sums.write(line + "\n")
    assert "is none of sha256sum(1), or gives a name a second hash" in refusal(folder).what
