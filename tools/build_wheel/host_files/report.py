"""Which files of the host a build used that no input declares: headers, libraries, programs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from common.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from build_wheel.host_files.exec_monitor import Programs
    from build_wheel.host_files.origin import Origins

_MOST_USERS = 3
_PROGRAMS = "programs"


@dataclass(frozen=True, order=True)
class HostFile:
    """A file of the host that a build used.

    Args:
        path: where it is.
        kind: "header", "library" or "program".
        by: what used it: sources that were compiled, what was linked, programs that ran it; for messages.
    """

    path: str
    kind: str
    by: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Audit:
    """What was found out about one build, sorted.

    Args:
        host_files: those that were used.
        not_audited: compilations, links, or "programs", of which nobody can say what they used.
    """

    host_files: tuple[HostFile, ...]
    not_audited: tuple[str, ...]

    def as_json(self) -> dict[str, list[str]]:
        """The same for every build that used the same files, in the form of the build information."""
        found: dict[str, list[str]] = {"headers": [], "libraries": [], "programs": []}
        plurals = {"header": "headers", "library": "libraries", "program": "programs"}
        for file in self.host_files:
            found[plurals[file.kind]].append(file.path)
        return {**found, "not_audited": list(self.not_audited)}

    def check(self, label: str, allowed: Iterable[str], kinds: Iterable[str]) -> None:
        """For builds that may use nothing of the host but what is listed.

        Args:
            label: the target.
            allowed: globs of paths; one that ends with a slash stands for all below it. They also match entries of
                `not_audited`.
            kinds: of the files that it may not use; where programs are among them, what nobody can tell is an error.

        Raises:
            UserError: other files were used, or nobody can say what a compilation or a link used. A machine that does
                not tell of programs is no error: no package could change that.
        """
        patterns = tuple(allowed)
        refused = [file for file in self.host_files if file.kind in set(kinds)]
        found = [file for file in refused if not _matches(file.path, patterns)]
        untold = self.not_audited if "program" in kinds else ()
        unknown = [name for name in untold if name != _PROGRAMS and not _matches(name, patterns)]
        if found or unknown:
            raise _error(found, unknown, label, patterns)


def audit(log: Path, programs: Programs, origins: Origins) -> Audit:
    """Looks through what the compiler wrappers and the kernel have told.

    Args:
        log: what `cc.auditor` wrote.
        programs: the programs that ran.
        origins: tells whose a file is.
    """
    used: dict[tuple[str, str], set[str]] = {}
    unknown: set[str] = set()
    seen: dict[tuple[str, str], str] = {}

    def add(path: str, kind: str, by: Iterable[str]) -> None:
        if (path, kind) not in seen:
            seen[path, kind] = origins.of_host(path, kind)
        if seen[path, kind]:
            used.setdefault((seen[path, kind], kind), set()).update(by)

    for entry in _entries(log):
        by = [origins.in_source(path) for path in entry["by"]]
        if entry["files"] is None:
            unknown.update(f"{entry['kind']} of {name}" for name in by)
        for path in entry["files"] or ():
            add(path, entry["kind"], by)
    for path, callers in programs.found().items():
        add(path, "program", callers)
    if not programs.complete:
        unknown.add(_PROGRAMS)
    files = [HostFile(path, kind, tuple(sorted(by))) for (path, kind), by in used.items()]
    return Audit(tuple(sorted(files)), tuple(sorted(unknown)))


def _entries(log: Path) -> list[dict[str, Any]]:
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(path, pattern + "*" if pattern.endswith("/") else pattern) for pattern in patterns)


def _error(found: list[HostFile], unknown: list[str], label: str, allowed: tuple[str, ...]) -> UserError:
    lines = [f"{label}: the build used files of this machine that no input declares:"] if found else []
    for file in found:
        more = [f"{len(file.by) - _MOST_USERS} more"] if len(file.by) > _MOST_USERS else []
        lines.append(f"  {file.kind:8}{file.path}  (used by {', '.join([*file.by[:_MOST_USERS], *more])})")
    remedies = []
    if any(file.kind != "program" for file in found):
        remedies.append("Give the build the library as a C++ target in `native_deps`.")
    if any(file.kind == "program" for file in found):
        remedies.append("Give the build the program as a target in `tools`.")
    if unknown:
        lines.append(f"{label}: nobody can say which files of this machine the build used here:")
        lines += [f"  {name}" for name in unknown]
        remedies.append(
            "Keep the package from what can't be followed (.incbin, __has_include of a macro, another compiler or "
            "linker), with `patches`."
        )
    # What is listed already stays.
    paths = _shortened(found)
    pasted = json.dumps([*allowed, *paths, *unknown])
    known = f"\n  and in .bazelrc: common --repo_env=RULES_SDIST_HOST_FILES={':'.join(paths)}" if paths else ""
    return UserError(
        "\n".join(lines),
        where="the setting undeclared_host_files of rules_sdist",
        fix=" ".join(remedies) + "\n  If every machine that builds this has the same ones, and may use them, write\n"
        f"    allow_host_files = {pasted},{known}",
    )


def _shortened(found: Iterable[HostFile]) -> list[str]:
    """A folder of headers in place of its headers."""
    names = set()
    for file in found:
        folder = file.path.rpartition("/")[0]
        shared = folder.endswith("/include") or "-linux-" in folder.rpartition("/")[2]
        names.add(file.path if shared or file.kind != "header" else f"{folder}/")
    folders = tuple(name for name in names if name.endswith("/"))
    return sorted(name for name in names if not any(name != above and name.startswith(above) for above in folders))
