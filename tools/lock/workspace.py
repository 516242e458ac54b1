"""Where files are, as Bazel sees them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError
from common.files import sha256
from lock.inputs.read import REQUIREMENTS, files_of
from lock.inputs.requirements_txt import bare_text
from lock.overrides import read_overrides

if TYPE_CHECKING:
    from lock.options import Options


def root_of(file: Path) -> Path:
    """The root of the workspace that a file is in; without a MODULE.bazel above it, the file's own folder."""
    file = Path(os.path.abspath(file))  # noqa: PTH100 - links are not followed: the name is what users see
    return next((folder for folder in file.parents if (folder / "MODULE.bazel").exists()), file.parent)


def relative(file: Path, root: Path) -> str:
    """A file's path from the root, with slashes."""
    return Path(os.path.relpath(file, root)).as_posix()


def label_of(file: Path) -> str:
    """A file's label: the nearest folder above it with a BUILD file is its package."""
    root = root_of(file)
    file = Path(os.path.abspath(file))  # noqa: PTH100 - see above
    packages = [folder for folder in file.parents if (folder / "BUILD.bazel").exists() or (folder / "BUILD").exists()]
    package = next((folder for folder in packages if folder.is_relative_to(root)), root)
    name = "" if package == root else package.relative_to(root).as_posix()
    return f"//{name}:{file.relative_to(package).as_posix()}"


def digests(options: Options, *, whole: bool = False) -> dict[str, str]:
    """The sha256 of each file that the lock is made from, by path from the root of the lock's workspace.

    Args:
        options: the command line.
        whole: whether comments of a requirements.txt count too, as they did at first.

    Raises:
        UserError: one can't be read.
    """
    inputs = [file for path in options.inputs for file in files_of(path)]
    files = []
    if options.overrides:
        overrides = read_overrides(options.overrides)
        files = [options.overrides, *(patch for item in overrides.distributions.values() for patch in item.patches)]
    root = root_of(options.output)
    try:
        found = {relative(file, root): sha256(file) for file in (*inputs, *files)}
        if not whole:
            bare = [file for file in inputs if file.suffix in REQUIREMENTS]
            found |= {relative(file, root): hashlib.sha256(bare_text(file.read_bytes())).hexdigest() for file in bare}
        return found
    except OSError as error:
        raise UserError(f"{error.filename} can't be read: {error.strerror}.", fix="Check the name.") from error
