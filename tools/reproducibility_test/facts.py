"""What a process sees of its machine: one line for each variation, which tells whether it is in effect."""

from __future__ import annotations

import ctypes
import hashlib
import json
import locale
import os
import pwd
import tempfile
import time
from pathlib import Path

from reproducibility_test import system

FEW_NAMES = tuple(f"file{number}" for number in range(16))


def write_facts(output: Path, *, jobs: str) -> None:
    """Writes what `facts` tells, as JSON."""
    output.write_text(json.dumps(facts(jobs=jobs)), encoding="utf-8")


def facts(*, jobs: str) -> dict[str, str]:
    """What this process sees, by the names of variations.

    Args:
        jobs: the number of jobs that it was told.
    """
    return {
        "address_layout": _address_layout(),
        "build_path": str(Path.cwd()),
        "clock": _clock(),
        "cpus": _cpus(),
        "directory_order": _directory_order(),
        "environment": _other_variables(),
        "home": os.environ.get("HOME", "not set"),
        "host_name": _host_name(),
        "jobs": jobs,
        "kernel": os.uname().release,
        "locale": _locale(),
        "process_ids": f"about {round(os.getpid(), -2)}",
        "search_path": os.environ.get("PATH", "not set"),
        "temporary_folder": tempfile.gettempdir(),
        "time_zone": _time_zone(),
        "umask": _umask(),
        "user": _user(),
    }


def _address_layout() -> str:
    setting = Path("/proc/sys/kernel/randomize_va_space")
    fixed = system.personality() & system.FIXED_ADDRESSES or (
        setting.exists() and setting.read_text(encoding="ascii").strip() == "0"
    )
    return "fixed" if fixed else "random"


def _clock() -> str:
    """How far ahead the clock is of the kernel's, which stamps files."""
    with tempfile.TemporaryFile(dir=".") as file:
        days = (time.time() - os.fstat(file.fileno()).st_mtime) / 86400
    return f"{days:.0f} days ahead" if abs(days) > 0.4 else "right"


def _cpus() -> str:
    usable = len(os.sched_getaffinity(0))
    described = Path("/proc/cpuinfo")
    known = hashlib.sha256(described.read_bytes()).hexdigest()[:8] if described.exists() else "none"
    return f"{usable} of {os.sysconf('SC_NPROCESSORS_ONLN')} usable, /proc/cpuinfo {known}"


def _directory_order() -> str:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        for name in FEW_NAMES:
            (Path(folder) / name).touch()
        return " ".join(entry.name.replace("file", "") for entry in Path(folder).iterdir())


def _other_variables() -> str:
    special = {"HOME", "PATH", "TMPDIR", "TZ"}
    names = [name for name in os.environ if name not in special and not name.startswith(("LC_", "LANG"))]
    return f"{len(names)} variables"


def _host_name() -> str:
    place = Path("/proc/sys/kernel/domainname")
    domain = place.read_text(encoding="utf-8").strip() if place.exists() else ""
    return ".".join(name for name in (os.uname().nodename, domain) if name not in ("", "(none)"))


def _locale() -> str:
    named = os.environ.get("LC_ALL", "not set")
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        return "C"
    text = locale.nl_langinfo(locale.CODESET)
    return f"{named} ({text}, {locale.nl_langinfo(locale.RADIXCHAR)})"


def _time_zone() -> str:
    named = os.environ.pop("TZ", "not set")
    ctypes.CDLL(None).tzset()
    time.tzset()
    return f"{named}, /etc/localtime {time.strftime('%z', time.localtime(0))}"


def _umask() -> str:
    mask = os.umask(0)
    os.umask(mask)
    return f"{mask:04o}"


def _user() -> str:
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = "no name"
    return f"{os.getuid()}:{os.getgid()} ({name})"
