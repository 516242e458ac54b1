"""Tells whether cached bytecode is nothing but its source, compiled by this interpreter."""

from __future__ import annotations

import importlib.util
import marshal
import os
import struct

_WITHOUT_REFERENCES = 2
"""The last version of marshal in which the bytes do not depend on how often an object was referred to."""


def is_compiled_from_source(path: str) -> bool:
    """Whether this interpreter would get the same code from the module's source, or would not take this file at all.

    Bytecode comes and goes as programs are run, so two machines that agree need not have the same files of it. What
    somebody has put there in its place is another matter.

    Args:
        path: a `.pyc` file. Of those for `python -O` nothing is said: compiling the standard library three times takes
            long, and they only come with a whole installation.
    """
    if ".opt-" in path:
        return False
    try:
        source = importlib.util.source_from_cache(path)
        with open(path, "rb") as file:
            data = file.read()
        with open(source, "rb") as file:
            text = file.read()
        status = os.stat(source)
    except (OSError, ValueError):
        return False
    if data[:4] != importlib.util.MAGIC_NUMBER:
        return True
    flags, when, size = struct.unpack("<III", data[4:16])
    if flags == 0 and (when, size) != (int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF):
        return True
    try:
        code = marshal.loads(data[16:])
        expected = compile(text, code.co_filename, "exec", dont_inherit=True, optimize=0)
        return marshal.dumps(code, _WITHOUT_REFERENCES) == marshal.dumps(expected, _WITHOUT_REFERENCES)
    except (AttributeError, EOFError, SyntaxError, TypeError, ValueError):
        return False
