"""Unpacks an sdist, or copies a source tree, into the build root: always the same tree, and nothing outside it."""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from common import host_errors
from common.errors import UserError
from common.names import MAX_DEPTH
from common.times import SOURCE_DATE_EPOCH
from formats.damage import DAMAGE
from source.members import Member, is_zip, noted, refuse, short, tar_header, tar_members, tree_members, zip_members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How much an archive may unpack to: bytes of all files, and number of members."""

    max_bytes: int
    max_members: int


def unpack(archive: Path, into: Path, limits: Limits) -> Path:
    """Unpacks a .tar (any compression) or .zip sdist (PEP 517, PEP 625).

    Modes are 0644 or 0755, by the owner's execute bit; every time is SOURCE_DATE_EPOCH; hard links become copies.

    Args:
        archive: the sdist; its content, not its name, tells the format.
        into: an empty folder.
        limits: against archive bombs; real bytes are counted, not those that headers promise.

    Returns:
        the source root: the archive's only top-level folder, or, in an old one without such a folder, `into`.

    Raises:
        UserError: it is no readable archive, or a member would end up outside `into`, is neither file, folder nor link,
            or passes a limit; names the member.
    """
    reached: list[str] = []
    try:
        if is_zip(archive):
            with zipfile.ZipFile(archive) as zipped:
                _write_members(noted(zip_members(zipped), reached), into, limits)
        else:
            with tarfile.open(archive, tarinfo=tar_header(reached)) as tarred:
                _write_members(tar_members(tarred), into, limits)
    except DAMAGE as error:
        if host_errors.is_to_blame(error):
            raise
        raise UserError(
            f"{archive.name} is not a readable sdist archive: {error or type(error).__name__}.",
            where=", at or after ".join([archive.name, *map(short, reached)]),
            fix="Fetch it again and compare its sha256; it may be truncated, or an error page under an archive's name.",
        ) from error
    _set_times(into)
    entries = [entry for entry in into.iterdir() if entry.name != "pax_global_header"]
    return entries[0] if len(entries) == 1 and entries[0].is_dir() and not entries[0].is_symlink() else into


def copy_tree(files: Sequence[tuple[Path, str]], into: Path) -> Path:
    """Copies a first-party source tree; links are followed, folders copied whole.

    Args:
        files: (where it is, its name in the tree).
        into: an empty folder.

    Returns:
        `into`, the source root.

    Raises:
        UserError: a name leads out of the tree.
    """
    members = (member for path, name in files for member in tree_members(path, name))
    _write_members(members, into, Limits(max_bytes=1 << 62, max_members=1 << 62))
    _set_times(into)
    return into


def _write_members(members: Iterator[Member], into: Path, limits: Limits) -> None:
    left = limits.max_bytes
    links: list[tuple[Path, str]] = []
    for count, member in enumerate(members, 1):
        if count > limits.max_members:
            refuse(f"is one more than the {limits.max_members} members that are allowed", member.name)
        place = _place(member.name, member.name, into)
        if place == into:
            continue
        _make_folders(place.parent, member.name, into)
        if member.kind == "folder":
            if place.is_symlink() or place.is_file():
                refuse("is there twice, as different things", member.name)
            place.mkdir(exist_ok=True)
            place.chmod(0o755)
            continue
        _require_free(place, member.name)
        if member.kind == "link":
            # Relative to the link's own folder; _make_folders has seen to it that no parent is a link.
            parent = os.path.dirname(member.name)  # noqa: PTH120 - archive names, not host paths
            _place(os.path.join(parent, member.target), member.name, into)  # noqa: PTH118
            place.symlink_to(member.target)
            links.append((place, member.name))
        else:
            executable = member.executable
            if member.kind == "copy":
                original = _place(member.target, member.name, into)
                if original.is_symlink() or not original.is_file():
                    refuse(f"is a hard link to {member.target}, which is no file before it", member.name)
                executable = bool(original.stat().st_mode & stat.S_IXUSR)
                source: BinaryIO = original.open("rb")
            else:
                assert member.open is not None
                source = member.open()
            with source, host_errors.naming(place):
                left = _write_file(source, place, left, member.name)
            place.chmod(0o755 if executable else 0o644)
    _check_links(links, into)


def _place(name: str, member: str, into: Path) -> Path:
    """Where a member or a link's target is, or a refusal when that is not below `into`."""
    if name.startswith("/") or "\\" in name or "\0" in name or name[1:2] == ":":
        refuse("has an absolute name or target" if name == member else f"leads to {name!r}", member)
    if name.count("/") > MAX_DEPTH:
        refuse(f"is more than {MAX_DEPTH} folders deep", member)
    normal = os.path.normpath(name)
    # A component that goes up could go up from a link's target: only those that stay below `into` by the letter, too.
    if normal == ".." or normal.startswith("../") or (name == member and ".." in name.split("/")):
        refuse("leads out of the build root", member)
    return into / normal if normal != "." else into


def _make_folders(folder: Path, member: str, into: Path) -> None:
    """Makes the folders above a member; none of them may be a link, which could lead anywhere."""
    for part in [*reversed(folder.relative_to(into).parents), folder.relative_to(into)]:
        path = into / part
        if path.is_symlink():
            refuse("goes through a symbolic link", member)
        if not path.exists():
            path.mkdir()
            path.chmod(0o755)
        elif not path.is_dir():
            refuse("lies below a file", member)


def _require_free(place: Path, member: str) -> None:
    if place.is_symlink() or place.is_dir():
        refuse("is there twice, as different things", member)
    place.unlink(missing_ok=True)  # tar's rule: of two files of one name the last one counts


def _write_file(source: BinaryIO, place: Path, left: int, member: str) -> int:
    """Copies at most `left` bytes; returns what is left of them."""
    with place.open("xb") as file:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise UserError(
                    "The sdist unpacks to more than it may.",
                    where=member,
                    fix="If it really is that large, raise `max_unpacked_mib` on the py_sdist_wheel.",
                )
            file.write(chunk)
    return left


def _check_links(links: Iterable[tuple[Path, str]], into: Path) -> None:
    """Refuses links that lead out through other links, which no look at the names alone can tell."""
    root = os.path.realpath(into)
    for link, member in links:
        try:
            end = os.path.realpath(link)
        except RecursionError:
            refuse("leads through too many symbolic links", member)
        if os.path.commonpath([root, end]) != root:
            refuse("leads out of the build root", member)


def _set_times(folder: Path) -> None:
    for parent, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            os.utime(
                os.path.join(parent, name),  # noqa: PTH118
                (SOURCE_DATE_EPOCH, SOURCE_DATE_EPOCH),
                follow_symlinks=False,
            )
