"""Packs the helper and the libraries it uses into one zip that Python starts from.

    python pack_helper.py OUTPUT NAME=FILE...

One input instead of a hundred, with bytecode beside the sources: compiling them would cost every action more than the
work it does. An interpreter of another version than this one ignores the bytecode and compiles the sources. Stands
alone: it is what brings the other modules along.
"""

from __future__ import annotations

import importlib.util
import marshal
import sys
import zipfile
from pathlib import Path

_UNCHECKED_HASH = 0b01


def bytecode(source: bytes, name: str) -> bytes:
    """A PEP 552 `.pyc` that is never compared with its source."""
    code = compile(source, name, "exec", dont_inherit=True)
    header = importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH.to_bytes(4, "little") + importlib.util.source_hash(source)
    return header + marshal.dumps(code)


def pack(output: Path, members: dict[str, Path]) -> None:
    """Writes the zip: names sorted, one fixed time, stored.

    Args:
        output: the zip.
        members: files by their names in it.
    """
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for name, file in sorted(members.items()):
            source = file.read_bytes()
            archive.writestr(zipfile.ZipInfo(name), source)
            if name.endswith(".py"):
                archive.writestr(zipfile.ZipInfo(name + "c"), bytecode(source, name))


if __name__ == "__main__":
    pack(Path(sys.argv[1]), {name: Path(file) for name, _, file in (item.partition("=") for item in sys.argv[2:])})
