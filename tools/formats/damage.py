"""What the standard library's readers of archives raise where one is damaged."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib

DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,  # and UnicodeError
    ArithmeticError,
    LookupError,
    TypeError,  # headers of sparse files, which tarfile believes
    RuntimeError,  # encrypted; a compression that this Python does not know; headers of headers of headers
    MemoryError,  # an LZMA dictionary of 4 GiB
)
