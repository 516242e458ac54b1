"""The command `verify_wheels --keyring KEYRING FOLDER`."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError
from common.files import sha256
from verify_wheels.signature import check_signature

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOC = """Verifies that every wheel in a folder is one whose hash somebody on a list of signers has signed.

Needs gpgv or sqv, and neither Bazel nor a network. Exit codes: 0 if all is well, 2 if not: then nothing in the folder
is to be trusted.
"""
_LINE = re.compile(r"([0-9a-f]{64}) [ *](\S.*)")


def verify_wheels(arguments: Sequence[str]) -> int:
    """Runs the command.

    Returns:
        0.

    Raises:
        UserError: there is no good signature of a signer in the keyring, or a wheel that was not signed.
    """
    parser = argparse.ArgumentParser(
        prog="verify_wheels", description=_DOC, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder with the wheels")
    parser.add_argument(
        "--keyring", type=Path, required=True, help="the keys of those who may sign, as `gpg --export` writes them"
    )
    parser.add_argument("--sums", type=Path, help="the hashes; by default wheels.sha256 in the folder")
    parser.add_argument(
        "--signature", type=Path, help="their signature; by default the file beside them with .asc, .sig or .gpg behind"
    )
    options = parser.parse_args(arguments)
    sums = _existing(options.sums or options.folder / "wheels.sha256", "--sums")
    signature = _existing(options.signature or _beside(sums), "--signature")
    keyring = _existing(options.keyring, "--keyring")
    text = sums.read_bytes()  # once: what is verified is what counts
    signer = check_signature(text, signature, keyring)
    number = _check_wheels(options.folder, _hashes(text, sums))
    print(f"Signed by {signer}, and as signed: {number} {'wheel' if number == 1 else 'wheels'} in {options.folder}.")
    return 0


def _existing(file: Path, option: str) -> Path:
    if not file.is_file():
        raise UserError(f"There is no file {file}.", where=option, fix=f"Name the file: {option} FILE")
    return file


def _beside(sums: Path) -> Path:
    places = [sums.with_name(sums.name + ending) for ending in (".asc", ".sig", ".gpg")]
    found = [place for place in places if place.is_file()]
    if not found:
        raise UserError(
            f"{sums.name} is not signed: there is no {', '.join(place.name for place in places)} beside it.",
            where=str(sums),
            fix=f"Get the signature from whoever made the wheels; they sign: gpg --armor --detach-sign {sums.name}",
        )
    return found[0]


def _hashes(text: bytes, sums: Path) -> dict[str, str]:
    """The hashes by file name; a wheel may be recorded for several targets, but only with one hash."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.decode(errors="replace").splitlines(), 1):
        if line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if not match or found.setdefault(match[2], match[1]) != match[1]:
            raise UserError(
                f"Line {number} is none of sha256sum(1), or gives a name a second hash: {line[:100]!r}",
                where=f"{sums}:{number}",
                fix="Ask whoever signed this file for one that `wheel_hashes` or `sha256sum *.whl` has written.",
            )
    return found


def _check_wheels(folder: Path, hashes: dict[str, str]) -> int:
    wheels = sorted(folder.glob("*.whl"))
    lines = []
    for wheel in wheels:
        signed, here = hashes.get(wheel.name), sha256(wheel)
        if signed is None:
            lines.append(f"  {wheel.name}: nobody has signed a wheel with this name")
        elif signed != here:
            lines.append(f"  {wheel.name}: signed sha256 {signed}, here {here}")
    if lines:
        raise UserError(
            f"{len(lines)} of {len(wheels)} wheels are not those that were signed:\n" + "\n".join(lines),
            where=str(folder),
            fix="Don't install them. Get them anew, or from another place.",
        )
    if not wheels:
        raise UserError(f"There is no wheel in {folder}.", where="the command line", fix="Name the wheels' folder.")
    return len(wheels)
