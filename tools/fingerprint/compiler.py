"""What a C and C++ compiler is: GCC, Clang and those that take their options."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from fingerprint.content import Fingerprint, group, hashes
from fingerprint.standard_headers import C_HEADERS, CXX_HEADERS, including

_PROGRAMS = ("ar", "as", "cc1", "cc1plus", "collect2", "ld", "lto-wrapper", "lto1", "nm", "objcopy", "ranlib", "strip")

_LIBRARIES = (
    *(f"{name}.o" for name in ("crt1", "crtbegin", "crtbeginS", "crtend", "crtendS", "crti", "crtn", "Scrt1")),
    *("libc.so", "libc.so.6", "libc_nonshared.a", "libm.so", "libm.so.6", "libgcc.a", "libgcc_s.so.1"),
    *("libgcc_eh.a", "liblto_plugin.so", "libstdc++.a", "libstdc++.so", "libc++.so", "libc++.so.1"),
)


def compiler_fingerprint(compiler: str) -> Fingerprint:
    """What it says of itself, the programs that it starts, the libraries and standard headers that it adds.

    Args:
        compiler: its path.

    Raises:
        OSError: it can't be started, or a file of it can't be read.
        ValueError: it is no compiler, or does not take the options that GCC and Clang know.
    """
    driver = os.path.realpath(shutil.which(compiler) or compiler)
    programs = [driver, *_named(compiler, "-print-prog-name={}", _PROGRAMS)]
    libraries = _named(compiler, "-print-file-name={}", _LIBRARIES)
    files = sorted({os.path.realpath(path) for path in (*programs, *_shared_libraries(programs), *libraries)})
    headers = sorted({*_standard_headers(compiler, "c"), *_standard_headers(compiler, "c++")})
    facts = {
        "kind": "compiler",
        # GCC begins with the name by which it was called.
        "version": _ask(compiler, "--version").splitlines()[0].removeprefix(os.path.basename(compiler)).strip(),
        "target": _ask(compiler, "-dumpmachine").strip(),
        "files": hashes(files),
        "standard_headers": group(headers),
    }
    return Fingerprint(facts, tuple(files))


def _ask(compiler: str, *options: str, given: str = "") -> str:
    done = subprocess.run(
        [compiler, *options],
        input=given,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    if done.returncode != 0 or not done.stdout.strip():
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise ValueError(f"`{' '.join(options)}` gives nothing: {said}")
    return done.stdout


def _named(compiler: str, option: str, names: tuple[str, ...]) -> list[str]:
    """The files that the compiler finds for these names; it repeats the names of those that it does not have."""
    found = []
    for name in names:
        path = _ask(compiler, option.format(name)).strip()
        if os.path.dirname(path) == "":
            path = shutil.which(path, path="/usr/bin:/bin") or ""
        if path and Path(path).is_file():
            found.append(path)
    return found


def _shared_libraries(programs: list[str]) -> set[str]:
    """What the programs are linked with: of Clang, most of the compiler."""
    ldd = shutil.which("ldd", path="/usr/bin:/bin")
    if not ldd:
        return set()
    done = subprocess.run([ldd, *sorted(set(programs))], capture_output=True, text=True, check=False)
    return set(re.findall(r"(/\S+) \(0x", done.stdout))


def _standard_headers(compiler: str, language: str) -> list[str]:
    """Every file that is read when all headers of the standard library, POSIX and the C library are included."""
    source = including(C_HEADERS if language == "c" else CXX_HEADERS)
    try:
        rule = _ask(compiler, "-D_GNU_SOURCE", "-M", "-x", language, "-", given=source)
    except ValueError:
        if language == "c":
            raise
        return []  # a C compiler without C++
    words = re.split(r"(?<!\\)\s+", rule.partition(":")[2].replace("\\\n", " "))
    return [word.replace("\\ ", " ") for word in words if word and os.path.isfile(word)]
