"""Gives a build the same absolute paths on every machine, in a mount namespace that no other process sees.

They exist only inside of it: nobody can occupy them, and builds don't meet there.
"""

from __future__ import annotations

import os
from pathlib import Path

from build_wheel import namespaces
from build_wheel.layout import FIXED_PLACE, Layout
from errors import UserError

_COVERED = "/tmp"


def enter(layout: Layout) -> Layout:
    """Moves this process to where the execution root and the build root have fixed paths.

    A mount point has to be there, and /tmp is the one folder that is everywhere. It is covered with an empty one in
    which each folder of the old one is mounted again, for the execution root, or what its links lead to, may be there.

    Args:
        layout: the real directories, which exist.

    Returns:
        the same ones below `FIXED_PLACE`; the working directory is the execution root there.

    Raises:
        UserError: this machine forbids it.
    """
    try:
        namespaces.enter(namespaces.NEW_MOUNTS)
        namespaces.keep_mounts_private()
        # By descriptors, which reach what is covered, and only now: mounts of another namespace can't be mounted again.
        execroot = os.open(layout.execroot, os.O_PATH)
        root = os.open(layout.root, os.O_PATH)
        covered = os.open(_COVERED, os.O_RDONLY)
        folders = sorted(entry.name for entry in os.scandir(covered) if entry.is_dir(follow_symlinks=False))
        namespaces.mount_empty(_COVERED)
        fixed = Layout(Path(FIXED_PLACE, "execroot"), Path(FIXED_PLACE, "build"), layout.linked)
        for place, descriptor in ((fixed.execroot, execroot), (fixed.root, root)):
            place.mkdir(parents=True)
            namespaces.mount_folder(f"/proc/self/fd/{descriptor}", str(place))
        for name in folders:
            _mount_again(covered, name)
        for descriptor in (execroot, root, covered):
            os.close(descriptor)
        os.chdir(fixed.execroot)
    except OSError as error:
        raise UserError(
            f"This machine does not let a build have a fixed path: {error}.",
            where="`fixed_path`, which needs user and mount namespaces",
            fix="Allow them (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
            "kernel.apparmor_restrict_unprivileged_userns; a container's seccomp profile), "
            "or do without `fixed_path`: keep the package from recording its path with `patches`.",
        ) from error
    return fixed


def _mount_again(covered: int, name: str) -> None:
    """Mounts a folder of what was covered in its old place; leaves out one that is gone, or that is not for us."""
    place = Path(_COVERED, name)
    try:
        folder = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=covered)
    except OSError:
        return
    try:
        if not place.exists():
            place.mkdir()
            namespaces.mount_folder(f"/proc/self/fd/{folder}", str(place))
    except OSError:
        place.rmdir()
    finally:
        os.close(folder)
