"""Verifies an OpenPGP signature with the system's gpgv(1), or Sequoia's sqv(1)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

from common.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

_FORGED = "Don't use these wheels. Get the hashes and their signature anew from whoever signed them."
# What gpgv's status lines say of a signature that it does not accept (doc/DETAILS of GnuPG).
_REFUSALS = {
    "BADSIG": ("is not of this text: somebody has changed the hashes after they were signed", _FORGED),
    "EXPKEYSIG": (
        "was made with a key that has expired",
        "Ask the signer for a signature with a key that is valid, or for the renewed key, for the keyring.",
    ),
    "EXPSIG": ("has expired", "Ask the signer for a new one."),
    "REVKEYSIG": ("was made with a key that its owner has revoked", _FORGED),
    "ERRSIG": (
        "was made with a key that is not in the keyring",
        "If you trust that signer, add the key: gpg --export FINGERPRINT >> KEYRING. Else don't use these wheels.",
    ),
}


def check_signature(text: bytes, signature: Path, keyring: Path) -> str:
    """Verifies a detached signature.

    Args:
        text: what was signed.
        signature: the file with the signature.
        keyring: the keys of those who may sign, as `gpg --export` writes them.

    Returns:
        who has signed, as the key says.

    Raises:
        UserError: the signature is none, not of this text, or not of a valid key in the keyring; or there is no program
            to verify it with.
    """
    if keyring.read_bytes().lstrip().startswith(b"-----BEGIN PGP"):
        raise UserError(
            f"The keyring {keyring} is text, and gpgv reads binary ones.",
            where="--keyring",
            fix=f"Convert it: gpg --dearmor < {keyring} > keyring.gpg",
        )
    gpgv, sqv = shutil.which("gpgv"), shutil.which("sqv")
    if gpgv:
        return _with_gpgv(gpgv, text, signature, keyring)
    if sqv:
        return _with_sqv(sqv, text, signature, keyring)
    raise UserError(
        "There is no program that verifies OpenPGP signatures.",
        where="PATH",
        fix="Install gpgv or sqv (Debian has packages with these names).",
    )


def _with_gpgv(gpgv: str, text: bytes, signature: Path, keyring: Path) -> str:
    line = [gpgv, "--status-fd", "1", "--keyring", str(keyring.absolute()), str(signature.absolute()), "-"]
    with tempfile.TemporaryDirectory() as home:  # no other keyring is read
        environment = {**os.environ, "GNUPGHOME": home, "LC_ALL": "C.UTF-8"}
        done = subprocess.run(line, input=text, capture_output=True, env=environment, check=False)
    status = [row.split(" ", 2)[1:] for row in done.stdout.decode(errors="replace").splitlines() if row.count(" ") >= 2]
    verdicts = dict(status)
    for verdict, (what, fix) in _REFUSALS.items():
        if verdict in verdicts:
            key = verdicts[verdict].split(" ")[0]
            raise UserError(f"The signature {what} (key {key}).", where=str(signature), fix=fix)
    if done.returncode or "GOODSIG" not in verdicts or "VALIDSIG" not in verdicts:
        raise _unreadable(signature, done.stderr)
    return verdicts["GOODSIG"].partition(" ")[2]


def _with_sqv(sqv: str, text: bytes, signature: Path, keyring: Path) -> str:
    with tempfile.NamedTemporaryFile() as file:  # it reads no standard input
        file.write(text)
        file.flush()
        line = [sqv, "--keyring", str(keyring), str(signature), file.name]
        done = subprocess.run(line, capture_output=True, check=False)
    if done.returncode:
        raise _unreadable(signature, done.stderr)
    return f"key {done.stdout.decode(errors='replace').strip()}"


def _unreadable(signature: Path, said: bytes) -> UserError:
    lines = said.decode(errors="replace").strip().splitlines() or ["no reason given"]
    return UserError(f"The signature can't be verified: {lines[-1]}", where=str(signature), fix=_FORGED)
