"""What is varied, under which names, and how."""

from __future__ import annotations

import dataclasses
import locale
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reproducibility_test import system
from reproducibility_test.answers import with_preload
from reproducibility_test.conditions import Conditions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from reproducibility_test.machine import Machine

# What Bazel gives the action; see `run_helper` in python/private/toolchain/interpreter.bzl.
_ACTION_VARIABLES = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
_AHEAD = 400 * 86400 + 20601  # another year, month, day, hour, minute and second
_OTHER_CPUS = 7
_OTHER_ID = 4242
_MORE_JOBS = 2
_HOSTILE = {
    "ARCHFLAGS": "-DOTHER",
    "CFLAGS": "-O0 -DOTHER",
    "CMAKE_BUILD_TYPE": "Debug",
    "CPPFLAGS": "-DOTHER",
    "CXXFLAGS": "-O0 -DOTHER",
    "LDFLAGS": "-Wl,--strip-all",
    "LOGNAME": "other",
    "MAKEFLAGS": "-j7 -k",
    "NO_COLOR": "",
    "PIP_INDEX_URL": "http://127.0.0.1:9/",
    "PKG_CONFIG_PATH": "/nonexistent",
    "PYTHONHASHSEED": "4711",
    "PYTHONPATH": "/nonexistent",
    "RULES_SDIST_OTHER_MACHINE": "yes",
    "SETUPTOOLS_SCM_PRETEND_VERSION": "0.0.99",
    "SOURCE_DATE_EPOCH": "1700000000",
    "TERM": "xterm-256color",
    "USER": "other",
    "VIRTUAL_ENV": "/nonexistent",
}
# Collation, decimal comma or case rules that are not C's; the first that is installed.
_LOCALES = ("et_EE.UTF-8", "tr_TR.UTF-8", "fr_CH.UTF-8", "de_DE.UTF-8", "et_EE", "tr_TR", "fr_FR.UTF-8", "en_US.UTF-8")


@dataclass(frozen=True)
class Variation:
    """One way in which another machine may differ.

    Args:
        name: the word for `without`.
        is_about: what a wheel depends on that differs under it; ends "the wheel depends on ...".
        fix: what to do about that.
        change: makes other conditions of the given ones.
        forbidden: what on this machine is in the way, or "".
    """

    name: str
    is_about: str
    fix: str
    change: Callable[[Conditions, Machine], Conditions]
    forbidden: Callable[[Machine], str] = lambda _: ""


def conditions_with(names: Collection[str], machine: Machine) -> Conditions:
    """The conditions of Bazel's action, as far as they are known, but for the named variations."""
    conditions = Conditions(variables=_ACTION_VARIABLES)
    for variation in VARIATIONS:
        if variation.name in names:
            conditions = variation.change(conditions, machine)
    return conditions


def _with_variables(conditions: Conditions, variables: Mapping[str, str]) -> Conditions:
    return dataclasses.replace(conditions, variables={**conditions.variables, **variables})


def _with_etc(conditions: Conditions, files: Mapping[str, bytes]) -> Conditions:
    return dataclasses.replace(conditions, etc={**conditions.etc, **files})


def _address_layout(conditions: Conditions, _machine: Machine) -> Conditions:
    return dataclasses.replace(conditions, personality=conditions.personality | system.FIXED_ADDRESSES)


def _build_path(conditions: Conditions, _machine: Machine) -> Conditions:
    return dataclasses.replace(conditions, below="a_folder_with_another_name/and_a_longer_one/1")


def _clock(conditions: Conditions, machine: Machine) -> Conditions:
    return with_preload(conditions, machine, ahead=_AHEAD)


def _cpus(conditions: Conditions, _machine: Machine) -> Conditions:
    listed = b"0-%d\n" % (_OTHER_CPUS - 1)
    files = {f"/sys/devices/system/cpu/{name}": listed for name in ("online", "possible", "present")}
    described = Path("/proc/cpuinfo")
    if described.exists():
        files[str(described)] = _other_processors(described.read_bytes())
    return dataclasses.replace(
        conditions,
        cpus=frozenset([min(os.sched_getaffinity(0))]),
        files={**conditions.files, **{place: content for place, content in files.items() if Path(place).exists()}},
    )


def _other_processors(described: bytes) -> bytes:
    """The /proc/cpuinfo of a machine with another number of simpler processors."""
    first = described.partition(b"\n\n")[0]
    first = re.sub(rb"(?m)^(model name\s*:).*$", rb"\1 Another Processor", first)
    first = re.sub(rb"\b(avx\w*|fma|bmi[12]|asimd\w+|sve\w*)\b ?", b"", first)
    return b"".join(
        re.sub(rb"(?m)^(processor\s*:).*$", rb"\1 %d" % number, first) + b"\n\n" for number in range(_OTHER_CPUS)
    )


def _directory_order(conditions: Conditions, _machine: Machine) -> Conditions:
    # Each kind of file system has an order of its own.
    return dataclasses.replace(conditions, in_memory=True)


def _environment(conditions: Conditions, _machine: Machine) -> Conditions:
    return _with_variables(conditions, _HOSTILE)


def _home(conditions: Conditions, machine: Machine) -> Conditions:
    home = machine.work / "home_of_another"
    (home / ".config" / "pip").mkdir(parents=True, exist_ok=True)
    (home / ".pydistutils.cfg").write_text("[bdist_wheel]\nbuild_number = 7\n", encoding="utf-8")
    (home / ".config" / "pip" / "pip.conf").write_text("[global]\nno-binary = :all:\n", encoding="utf-8")
    (home / ".gitconfig").write_text("[user]\nname = Another\nemail = another@example.org\n", encoding="utf-8")
    return _with_variables(conditions, {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")})


def _host_name(conditions: Conditions, _machine: Machine) -> Conditions:
    conditions = dataclasses.replace(conditions, host_name=("another-machine", "another.example"))
    return _with_etc(conditions, {"hostname": b"another-machine\n", "machine-id": b"0123456789abcdef" * 2 + b"\n"})


def _jobs(conditions: Conditions, _machine: Machine) -> Conditions:
    return dataclasses.replace(conditions, more_jobs=_MORE_JOBS)


def _kernel(conditions: Conditions, _machine: Machine) -> Conditions:
    return dataclasses.replace(conditions, personality=conditions.personality | system.OLD_KERNEL)


def _locale(conditions: Conditions, _machine: Machine) -> Conditions:
    name = installed_locale()
    return _with_variables(conditions, {"LANG": name, "LANGUAGE": name.partition(".")[0], "LC_ALL": name})


def installed_locale() -> str:
    """A locale that differs from C, or "POSIX", whose text is ASCII, where no other is installed."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        for name in _LOCALES:
            try:
                locale.setlocale(locale.LC_ALL, name)
            except locale.Error:
                continue
            return name
        return "POSIX"
    finally:
        locale.setlocale(locale.LC_ALL, before)


def _process_ids(conditions: Conditions, _machine: Machine) -> Conditions:
    return dataclasses.replace(conditions, first_process=20000)


def _search_path(conditions: Conditions, machine: Machine) -> Conditions:
    folder = machine.work / "programs_of_another"
    folder.mkdir(exist_ok=True)
    # None that the shell scripts of some Python toolchains need before there is a build.
    for name in ("ar", "as", "c++", "cc", "cmake", "g++", "gcc", "git", "ld", "make", "ninja", "pkg-config", "strip"):
        program = folder / name
        program.write_text(f"#!/bin/false\n{name} of another machine\n", encoding="utf-8")
        program.chmod(0o755)
    return _with_variables(conditions, {"PATH": f"{folder}:/usr/local/bin:/bin:/usr/bin"})


def _temporary_folder(conditions: Conditions, machine: Machine) -> Conditions:
    folder = machine.work / "temporary_folder_of_another"
    folder.mkdir(exist_ok=True)
    return _with_variables(conditions, {name: str(folder) for name in ("TEMP", "TMP", "TMPDIR")})


def _time_zone(conditions: Conditions, _machine: Machine) -> Conditions:
    return _with_etc(_with_variables(conditions, {"TZ": "Asia/Kathmandu"}), {"localtime": _zone(5 * 3600 + 45 * 60)})


def _zone(offset: int) -> bytes:
    """A TZif file (RFC 8536) of one zone without daylight saving time."""
    name = b"+0545\0"
    block = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, len(name)) + struct.pack(">lBB", offset, 0, 0) + name
    return block + block + b"\n<+0545>-5:45\n"


def _umask(conditions: Conditions, _machine: Machine) -> Conditions:
    return dataclasses.replace(conditions, umask=0o077)


def _user(conditions: Conditions, _machine: Machine) -> Conditions:
    passwords = Path("/etc/passwd")
    known = passwords.read_bytes() if passwords.exists() else b""
    # Before those that are known: the first of two with one id counts.
    entry = b"another-user:x:%d:%d::/home/of-another-user:/bin/sh\n" % (_OTHER_ID, _OTHER_ID)
    conditions = dataclasses.replace(conditions, user=_OTHER_ID, group=_OTHER_ID)
    return _with_etc(conditions, {"passwd": entry + known})


_KEEP_OUT = "Keep the package from recording it, with `patches`, `env` or `config_settings`."
_REPORT = "rules_sdist hides it from the build: the package looks around it. Keep it from doing so, with `patches`."
VARIATIONS = (
    Variation(
        "address_layout",
        "memory addresses: an id(), a repr(), or an order of objects by them",
        "Write and order by names instead, with `patches`.",
        _address_layout,
    ),
    Variation(
        "build_path", "the path in which it is built", "Record relative names instead, with `patches`.", _build_path
    ),
    Variation(
        "clock",
        "the clock",
        'Take the time from SOURCE_DATE_EPOCH, which is set, with `patches`; or fix the answer: fixed = ["clock"].',
        _clock,
        lambda machine: machine.clock,
    ),
    Variation("cpus", "the number or the kind of the machine's CPUs", _KEEP_OUT, _cpus),
    Variation(
        "directory_order",
        "the order in which the system lists a folder",
        "Sort what `find`, `ls -U`, make's $(wildcard) or a program of the build lists, with `patches`.",
        _directory_order,
        lambda machine: machine.memory,
    ),
    Variation("environment", "variables outside of the build's own environment", _REPORT, _environment),
    Variation("home", "the user's home directory", _REPORT, _home),
    Variation("host_name", "the machine's name", _KEEP_OUT, _host_name, lambda machine: machine.namespaces),
    Variation(
        "jobs",
        "the number of jobs that run at once",
        "Keep it out of the wheel, and sort what parallel jobs hand back, with `patches`; "
        "or switch parallel jobs off with `env` or `config_settings`.",
        _jobs,
    ),
    Variation("kernel", "the version of the kernel", _KEEP_OUT, _kernel),
    Variation("locale", "the locale", _REPORT, _locale),
    Variation("process_ids", "process ids", _KEEP_OUT, _process_ids),
    Variation("search_path", "the PATH outside of the build", _REPORT, _search_path),
    Variation("temporary_folder", "the folder for temporary files outside of the build", _REPORT, _temporary_folder),
    Variation("time_zone", "the time zone", _KEEP_OUT, _time_zone),
    Variation("umask", "the umask", _REPORT, _umask),
    Variation("user", "the user, or the user's id", _KEEP_OUT, _user, lambda machine: machine.namespaces),
)
"""Sorted by name; `VARIATIONS` in python/private/wheel/py_wheel_reproducibility_test.bzl has the same names."""

BY_NAME = {variation.name: variation for variation in VARIATIONS}
