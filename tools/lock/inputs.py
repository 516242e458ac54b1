"""Reads what a project has pinned already: requirements.txt with hashes, pylock.toml (PEP 751) or uv.lock."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import unquote, urlsplit

from packaging.markers import InvalidMarker, Marker
from packaging.pylock import Package, Pylock, PylockValidationError, is_valid_pylock_path
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidName,
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    # Where it says so, and what.
    Found = tuple[str, "Pinned"]


@dataclass(frozen=True, order=True)
class PinnedFile:
    """A file of a pinned distribution.

    Args:
        filename: its name, without a folder.
        sha256: its hash, in lower case hex.
    """

    filename: str
    sha256: str


@dataclass(frozen=True)
class Pinned:
    """A distribution in the one version that the input asks for.

    Args:
        name: PEP 503 normalised.
        version: as written, PEP 440.
        hashes: the sha256 of every file that the input allows, sorted.
        files: those files, sorted, where the input names them; else ().
        marker: the PEP 508 marker under which this version counts, or "". In pylock.toml it may ask for `extras` and
            `dependency_groups`; from uv.lock it only tells several versions of one name apart.
        extras: the extras asked for, normalised and sorted; ("*",) where the input does not tell (pylock.toml).
        requires: the runtime dependencies as PEP 508 strings, those of extras with an `extra == "..."` marker; None if
            the input doesn't tell.
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    files: tuple[PinnedFile, ...] = ()
    marker: str = ""
    extras: tuple[str, ...] = ()
    requires: tuple[str, ...] | None = None


_FIX_COMPILE = "Write the file with `pip-compile --generate-hashes` or `uv pip compile --generate-hashes`."
_FIX_RELOCK = "Write the file anew with the tool that made it."

_FIX_TWO_VERSIONS = (
    "Lock all requirements together; of conflicting extras or groups export one, as with"
    " `uv export --extra NAME --format pylock.toml --output-file pylock.toml`."
)

_OTHER_FORMATS = {
    "Pipfile.lock": "Type `pipenv requirements --hash > requirements.txt` and give that file.",
    "pdm.lock": "Type `pdm export --format pylock --output pylock.toml` and give that file.",
    "poetry.lock": "Type `poetry export --output requirements.txt` and give that file.",
    "pyproject.toml": "Type `uv lock` and give uv.lock.",
}
_FIX_FORMAT = "Give a requirements.txt with hashes, a pylock.toml or a uv.lock."


def read_inputs(path: Path) -> tuple[Pinned, ...]:
    """Reads a file of pinned requirements.

    Args:
        path: requirements.txt, pylock.toml, pylock.NAME.toml or uv.lock; under another name the content decides.

    Returns:
        what it pins, sorted by name, version and marker.

    Raises:
        UserError: the file can't be read, is of another format, or has something that a lock can't be made from.
    """
    text = _read(path)
    if not text.strip():
        raise UserError(f"{path.name} is empty.", where=str(path), fix=_FIX_FORMAT)
    versions: dict[tuple[str, str], str] = {}
    pinned: set[Pinned] = set()
    for where, pin in _reader(path, text)(path, text):
        version = versions.setdefault((pin.name, pin.marker), pin.version)
        if version != pin.version:
            what = (
                f"{pin.name} is pinned to {version} and to {pin.version}, with nothing that tells when to take which."
            )
            raise UserError(what, where=where, fix=_FIX_TWO_VERSIONS)
        pinned.add(pin)
    return tuple(sorted(pinned, key=lambda pin: (pin.name, pin.version, pin.marker, pin.extras, pin.hashes)))


def read_roots(path: Path) -> tuple[str, ...] | None:
    """What the projects that an input was made for ask for themselves.

    Args:
        path: as for `read_inputs`.

    Returns:
        PEP 508 strings, sorted, when the input is a uv.lock, which is for all platforms at once and leaves it to the
        reader to find out what is needed on one; None otherwise: all that counts by its marker is needed.

    Raises:
        UserError: as `read_inputs`.
    """
    text = _read(path)
    if _reader(path, text) is not _read_uv:
        return None
    own = [(package, where) for where, package, source in _uv_packages(path, text) if _UV_OWN & set(source)]
    return _sorted(line for package, where in own for line in _uv_asked(package, where)) if own else None


def files_of(path: Path) -> tuple[Path, ...]:
    """An input and all that it includes with `-r`, each once.

    Raises:
        UserError: as `read_inputs`.
    """
    found: list[Path] = []
    waiting = [path]
    while waiting:
        file = waiting.pop(0)
        if file in found:
            continue
        found.append(file)
        text = _read(file)
        if _reader(file, text) is _read_requirements:
            lines = [line for line in _logical_lines(file, text) if line.text.startswith("-")]
            options = [pair for line in lines for pair in _options(line, line.text)]
            waiting += [file.parent / value for option, value in options if option in _INCLUDE and "://" not in value]
    return tuple(found)


def _read(path: Path) -> str:
    if not path.is_file():
        found = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise UserError(f"{path.name} {found}.", where=str(path), fix="Correct the path; " + _lower(_FIX_FORMAT))
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        # What `>` of some Windows shells writes.
        fix = "Save it as UTF-8; pip-compile's and uv's `-o` write that."
        raise UserError(f"{path.name} is not UTF-8 text.", where=str(path), fix=fix) from error
    except OSError as error:
        fix = "Make the file readable."
        raise UserError(f"{path.name} can't be read: {error.strerror}.", where=str(path), fix=fix) from error


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _reader(path: Path, text: str) -> Callable[[Path, str], Iterable[Found]]:
    if path.name == "uv.lock":
        return _read_uv
    if is_valid_pylock_path(path):
        return _read_pylock
    if path.suffix in (".txt", ".in"):
        return _read_requirements
    if path.name in _OTHER_FORMATS:
        raise UserError(f"{path.name} is not a format that is read.", where=str(path), fix=_OTHER_FORMATS[path.name])
    try:
        table = _parse_toml(path, text)
    except UserError:
        if path.suffix == ".toml":
            raise
        return _read_requirements
    if "lock-version" in table:
        return _read_pylock
    if "version" in table and "package" in table:
        return _read_uv
    if table or path.suffix == ".toml":
        what = f"{path.name} is TOML, but neither of pylock.toml's nor of uv.lock's form."
        raise UserError(what, where=str(path), fix=_FIX_FORMAT)
    return _read_requirements


def _parse_toml(path: Path, text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table: dict[str, Any] = tomllib.loads(text)
        return table
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path.name} is not valid TOML: {error}.", where=str(path), fix=_FIX_RELOCK) from error


# What the formats share.


def _basename(location: str) -> str:
    """Takes the file's name from a URL or a path.

    Args:
        location: a URL, or a path with either kind of slash.

    Returns:
        the last part, without query, fragment and percent signs; "" if that is no plain file name.
    """
    try:
        path = urlsplit(location).path
    except ValueError:  # https://[
        return ""
    return _plain(unquote(re.split(r"[/\\]", path)[-1]))


def _plain(filename: str) -> str:
    # The name becomes a path on disk, and %2F of a URL or `name` of a pylock.toml can hold a slash.
    return "" if re.search(r"[/\\\0]", filename) or filename in (".", "..") else filename


def _distribution(filename: str) -> tuple[str, str] | None:
    """Tells name and version from the name of a wheel or an sdist; None if it is neither."""
    try:
        if filename.endswith(".whl"):
            name, version, *_ = parse_wheel_filename(filename)
        else:
            name, version = parse_sdist_filename(filename)
    except (InvalidSdistFilename, InvalidWheelFilename):
        return None
    return name, str(version)


def _sha256(hashes: Iterable[tuple[str, str]], subject: str, where: str, fix: str) -> tuple[str, ...]:
    """Picks the sha256 digests.

    Args:
        hashes: pairs of algorithm and digest.
        subject: what the hashes are of, for the message.
        where: the place of it.
        fix: what to type if there are none.

    Returns:
        them in lower case, sorted.

    Raises:
        UserError: there is no sha256 among them, or one that is none.
    """
    pairs = [(algorithm.lower(), digest.lower()) for algorithm, digest in hashes]
    found = sorted({digest for algorithm, digest in pairs if algorithm == "sha256"})
    if not found:
        others = ", ".join(sorted({algorithm for algorithm, _ in pairs}))
        what = f"{subject} has a hash of {others} only, not of sha256." if others else f"{subject} has no hash."
        raise UserError(what, where=where, fix=fix)
    for digest in found:
        if not re.fullmatch("[0-9a-f]{64}", digest):
            what = f"{subject} has the hash sha256:{digest}, which is not 64 hexadecimal digits."
            raise UserError(what, where=where, fix=fix)
    return tuple(found)


def _pair(text: str) -> tuple[str, str]:
    algorithm, _, digest = text.partition(":")
    return algorithm, digest


def _files(artifacts: Iterable[tuple[str, Iterable[tuple[str, str]]]], where: str) -> tuple[PinnedFile, ...]:
    """Makes the files of a package.

    Args:
        artifacts: file names with their pairs of algorithm and digest.
        where: the package.

    Returns:
        them, sorted; at least one.

    Raises:
        UserError: there is none, or one without a name or a sha256.
    """
    files = set()
    for filename, hashes in artifacts:
        if not filename:
            raise UserError("A file of the package has no usable name.", where=where, fix=_FIX_RELOCK)
        found = _sha256(hashes, filename, where, "Lock again with an index that gives sha256 hashes.")
        files.add(PinnedFile(filename, found[0]))
    if not files:
        raise UserError("The package has neither an sdist nor wheels.", where=where, fix=_FIX_RELOCK)
    return tuple(sorted(files))


def _edge(edge: Mapping[str, Any], marker: str | None, where: str) -> str:
    text = _typed(edge, "name", str, where)
    text += f"[{','.join(_strings(edge, 'extra', where))}]" if "extra" in edge else ""
    text += f"=={edge['version']}" if "version" in edge else ""
    text += f" ; {marker}" if marker else ""
    try:
        return str(Requirement(text))
    except InvalidRequirement as error:
        raise UserError(f"{text!r} is not a dependency.", where=where, fix=_FIX_RELOCK) from error


def _typed(table: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
    value = table.get(key)
    if not isinstance(value, kind):
        form = "table" if kind is dict else "string"
        found = "is not there" if value is None else f"is {value!r}"
        raise UserError(f"`{key}` {found}, expected a {form}.", where=where, fix=_FIX_RELOCK)
    return value


def _strings(table: Mapping[str, Any], key: str, where: str) -> list[str]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UserError(f"`{key}` is not a list of strings.", where=where, fix=_FIX_RELOCK)
    return list(value)


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


def _checkout_error(subject: str, where: str) -> UserError:
    what = f"{subject} is a checkout of version control, which has no sha256 that it could be locked by."
    fix = "Ask for a release of it, or make it a target of your own and leave it out here."
    return UserError(what, where=where, fix=fix)


# requirements.txt


@dataclass(frozen=True)
class _Line:
    path: Path
    number: int
    text: str

    @property
    def where(self) -> str:
        return f"{self.path}:{self.number}"

    def error(self, what: str, fix: str = _FIX_COMPILE) -> UserError:
        return UserError(what, where=self.where, fix=fix)


# pip's options that say where and in which form to look for files: configuration, not part of what is pinned.
_IGNORED_WITH_VALUE = {
    *("-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f", "--find-links"),
    *("--no-binary", "--only-binary", "--trusted-host", "--use-feature"),
}
_IGNORED_FLAGS = {"--no-index", "--prefer-binary", "--pre", "--require-hashes"}
_INCLUDE = {"-r", "--requirement"}
_EDITABLE = {"-e", "--editable"}
_WITH_VALUE = _IGNORED_WITH_VALUE | _INCLUDE | _EDITABLE | {"--hash"}

_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTIONS = re.compile(r"\s-.*")
_VCS = re.compile(r"(^|@\s*)(git|hg|bzr|svn)\+", re.IGNORECASE)


def _read_requirements(path: Path, text: str) -> Iterator[Found]:
    return _pins_of(path, text, ())


def _pins_of(path: Path, text: str, including: tuple[Path, ...]) -> Iterator[Found]:
    including = (*including, path.resolve())
    for line in _logical_lines(path, text):
        if not line.text.startswith("-"):
            yield line.where, _requirement(line)
            continue
        for option, value in _options(line, line.text):
            if option in _EDITABLE:
                what = f"The editable requirement {value} has no sha256 that it could be locked by."
                raise line.error(what, "Leave it out, as with `uv export --no-emit-local`; it is a target of your own.")
            if option in _INCLUDE:
                yield from _include(line, value, including)
            elif option not in _IGNORED_WITH_VALUE | _IGNORED_FLAGS:
                raise line.error(f"The option {option} is not known here.", "Remove it from the file.")


def _include(line: _Line, value: str, including: tuple[Path, ...]) -> Iterator[Found]:
    if "://" in value:
        raise line.error(f"-r {value} is not a local file.", "Save it next to this file and include that.")
    other = line.path.parent / value
    if other.resolve() in including:
        raise line.error(f"-r {value} includes itself.", "Remove one of the `-r` lines of the cycle.")
    if not other.is_file():
        raise line.error(f"-r {value} does not exist.", "Correct the path; it is relative to the including file.")
    yield from _pins_of(other, _read(other), including)


def _logical_lines(path: Path, text: str) -> Iterator[_Line]:
    """Joins continued lines and drops comments, as pip does it: a comment ends a continued line."""
    parts: list[str] = []
    start = 0
    for number, raw in enumerate([*text.splitlines(), ""], start=1):
        start = start if parts else number
        comment = _COMMENT.match(raw) is not None
        parts.append(" " + raw if comment else raw.rstrip("\\") if raw.endswith("\\") else raw)
        if comment or not raw.endswith("\\"):
            joined = _COMMENT.sub("", "".join(parts)).strip()
            parts = []
            if joined:
                yield _Line(path, start, joined)


def _options(line: _Line, text: str) -> Iterator[tuple[str, str]]:
    try:
        tokens = shlex.split(text)
    except ValueError as error:
        raise line.error(f"The options can't be split into words: {error}.", "Balance the quotes.") from error
    while tokens:
        token = tokens.pop(0)
        if token.startswith("--") or token[:2] not in _WITH_VALUE:
            option, equals, value = token.partition("=")
        else:
            option, equals, value = token[:2], token[2:], token[2:]
        if option in _WITH_VALUE and not equals:
            if not tokens:
                raise line.error(f"The option {option} has no value.", "Add its value, or remove it.")
            value = tokens.pop(0)
        yield option, value


def _requirement(line: _Line) -> Pinned:
    options = _OPTIONS.search(line.text)
    text = (line.text[: options.start()] if options else line.text).strip()
    hashes = []
    for option, value in _options(line, options.group() if options else ""):
        if option != "--hash":
            what = f"The option {option} of {text} is not known here."
            raise line.error(what, "Remove it; how a package is built is said by its target's attributes.")
        hashes.append(_pair(value))
    if _VCS.search(text):
        raise _checkout_error(text, line.where)
    requirement = _parse_requirement(line, text)
    if requirement.url:
        return _direct(line, requirement, requirement.url, hashes)
    specifiers = list(requirement.specifier)
    if len(specifiers) != 1 or not _exact(specifiers[0].operator, specifiers[0].version):
        raise line.error(f"{text} does not say one version with `==`.")
    return Pinned(
        canonicalize_name(requirement.name),
        specifiers[0].version,
        _sha256(hashes, text, line.where, _FIX_COMPILE),
        marker=_marker_of(requirement),
        extras=_extras_of(requirement),
    )


def _exact(operator: str, version: str) -> bool:
    try:
        Version(version)
    except InvalidVersion:  # ==1.*
        return False
    return operator in ("==", "===")


def _parse_requirement(line: _Line, text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        target, _, rest = text.partition(" ")
        if not re.search(r"[/\\]", target):
            what = f"{text!r} is not a requirement: {str(error).splitlines()[0].rstrip(':.')}."
            raise line.error(what) from error
        known = _distribution(_basename(target))
        if known is None:
            what = f"{target} is neither a wheel nor an sdist by its name, and has no sha256 to be locked by."
            raise line.error(what, "Leave it out, as with `uv export --no-emit-local`.") from error
    try:
        return Requirement(f"{known[0]} @ {target} {rest}")
    except InvalidRequirement as error:
        raise line.error(f"{rest!r} can't follow {target}.", "Write `NAME @ URL ; MARKER`.") from error


def _direct(line: _Line, requirement: Requirement, url: str, hashes: list[tuple[str, str]]) -> Pinned:
    filename = _basename(url)
    known = _distribution(filename)
    name = canonicalize_name(requirement.name)
    if known is None or known[0] != name:
        what = f"The file name of {url} is not that of a wheel or an sdist of {name}, so its version is not known."
        raise line.error(what, "Ask for a release, NAME==VERSION, or for a file with the standard name.")
    fragment = [_pair(part.replace("=", ":", 1)) for part in urlsplit(url).fragment.split("&")]
    given = [*hashes, *(pair for pair in fragment if re.fullmatch(r"sha\d+|md5", pair[0]))]
    found = _sha256(given, f"{name} @ {url}", line.where, "Add `--hash=sha256:...` of the file to the line.")
    files = (PinnedFile(filename, found[0]),) if len(found) == 1 else ()
    return Pinned(name, known[1], found, files, _marker_of(requirement), _extras_of(requirement))


def _marker_of(requirement: Requirement) -> str:
    return str(requirement.marker or "")


def _extras_of(requirement: Requirement) -> tuple[str, ...]:
    return tuple(sorted(canonicalize_name(extra) for extra in requirement.extras))


# pylock.toml


def _read_pylock(path: Path, text: str) -> Iterator[Found]:
    table = _parse_toml(path, text)
    # Before all else: a newer form may differ in everything, and its version is then what to say.
    _check_pylock_version(path, table.get("lock-version"))
    try:
        packages = Pylock.from_dict(table).packages
    except PylockValidationError as error:
        place = f" in {error.context}" if error.context else ""
        reason = (error.message.splitlines() or [""])[0]
        what = f"{path.name} is not of the form that PEP 751 asks for: {reason}{place}."
        raise UserError(what, where=_pylock_place(path, table, error), fix=_FIX_RELOCK) from error
    for package, raw in zip(packages, table["packages"]):
        # A folder is a project of the user's own, as it is in uv.lock.
        if package.directory is None:
            where = f"{path}, package {package.name}"
            yield where, _pylock_package(where, package, raw)


def _check_pylock_version(path: Path, found: Any) -> None:
    try:
        major = Version(found).major
    except (InvalidVersion, TypeError) as error:
        what = f"{path.name} has the lock-version {found!r}, expected 1.0."
        raise UserError(what, where=str(path), fix=_FIX_RELOCK) from error
    if major != 1:
        what = f"{path.name} has the lock-version {found}, the newest that is read is 1.x."
        raise UserError(what, where=str(path), fix="Write it with an older lock tool, or update rules_sdist.")


def _pylock_place(path: Path, table: Mapping[str, Any], error: PylockValidationError) -> str:
    index = re.match(r"packages\[(\d+)\]", error.context or "")
    name = table["packages"][int(index.group(1))].get("name") if index else None
    return f"{path}, package {name}" if name else str(path)


def _pylock_package(where: str, package: Package, raw: Mapping[str, Any]) -> Pinned:
    if package.vcs is not None:
        raise _checkout_error(package.name, where)
    if package.archive is not None:
        location = package.archive.path or package.archive.url or ""
        artifacts = [(_basename(location), package.archive.hashes)]
    else:
        artifacts = [(_plain(wheel.filename), wheel.hashes) for wheel in package.wheels or ()]
        artifacts += [(_plain(package.sdist.filename), package.sdist.hashes)] if package.sdist else []
    files = _files(((name, list(hashes.items())) for name, hashes in artifacts), where)
    edges = package.dependencies
    return Pinned(
        package.name,
        raw.get("version") or _version_of(files[0], where),
        tuple(sorted({file.sha256 for file in files})),
        files,
        str(package.marker or ""),
        extras=("*",),
        requires=None if edges is None else _sorted(_pylock_edge(edge, where) for edge in edges),
    )


def _version_of(file: PinnedFile, where: str) -> str:
    known = _distribution(file.filename)
    if known is None:
        what = f"The version is not given, and can't be told from the file name {file.filename}."
        raise UserError(what, where=where, fix="Ask for a release, NAME==VERSION, and lock again.")
    return known[1]


def _pylock_edge(edge: Mapping[str, Any], where: str) -> str:
    # PEP 751: as much of the other package's entry as tells it apart.
    return _edge(edge, edge.get("marker"), where)


# uv.lock

_UV_OWN = frozenset(("virtual", "editable", "directory", "workspace"))

# How uv writes extras and groups of which only one can be had; no other tool can evaluate that.
_UV_CONFLICT = re.compile(r"""['"](extra|group|project)-\d+-""")


def _read_uv(path: Path, text: str) -> Iterator[Found]:
    for where, package, source in _uv_packages(path, text):
        if not _UV_OWN & set(source):
            yield where, _uv_package(where, package, source)


def _uv_packages(path: Path, text: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Each package of the lock: where it stands, itself, and its source."""
    table = _parse_toml(path, text)
    version = table.get("version")
    if not isinstance(version, int):
        what = f"{path.name} has the version {version!r}, expected 1."
        raise UserError(what, where=str(path), fix=_FIX_RELOCK)
    if version != 1:
        what = f"{path.name} has the version {version}, the only one that is read is 1."
        raise UserError(
            what, where=str(path), fix="Type `uv lock` with a uv that writes version 1, or update rules_sdist."
        )
    packages = table.get("package")
    if not _is_tables(packages) or not packages:
        raise UserError(f"{path.name} has no [[package]] tables.", where=str(path), fix="Type `uv lock`.")
    for package in packages:
        where = f"{path}, package {package.get('name')}"
        yield where, package, _typed(package, "source", dict, where)


def _uv_asked(package: Mapping[str, Any], where: str) -> Iterator[str]:
    """What a project of the user's own asks for, with all its extras and groups."""
    groups = [_uv_tables(package, "dependencies", where)]
    for key in ("optional-dependencies", "dev-dependencies"):
        table = _typed(package, key, dict, where) if key in package else {}
        groups += [_uv_tables(table, name, where) for name in table]
    for edge in (edge for group in groups for edge in group):
        marker = str(edge.get("marker") or "")
        yield _edge(edge, None if _UV_CONFLICT.search(marker) else marker, where)


def _uv_package(where: str, package: Mapping[str, Any], source: Mapping[str, Any]) -> Pinned:
    name = _typed(package, "name", str, where)
    if "git" in source:
        raise _checkout_error(name, where)
    version = _typed(package, "version", str, where)
    if not _valid(name, version):
        raise UserError(f"{name} {version} is no name with a version.", where=where, fix=_FIX_RELOCK)
    artifacts = _uv_tables(package, "wheels", where)
    artifacts += [_typed(package, "sdist", dict, where)] if "sdist" in package else []
    files = _files((_uv_artifact(artifact, source, where) for artifact in artifacts), where)
    return Pinned(
        canonicalize_name(name),
        version,
        tuple(sorted({file.sha256 for file in files})),
        files,
        _uv_marker(package, where),
        requires=_uv_requires(package, where),
    )


def _valid(name: str, version: str) -> bool:
    try:
        canonicalize_name(name, validate=True)
        Version(version)
    except (InvalidName, InvalidVersion):
        return False
    return True


def _uv_artifact(
    artifact: Mapping[str, Any], source: Mapping[str, Any], where: str
) -> tuple[str, list[tuple[str, str]]]:
    # The file of a direct URL or path has no location of its own.
    places = [artifact.get(key) for key in ("filename", "path", "url")] + [source.get(key) for key in ("path", "url")]
    location = next((place for place in places if isinstance(place, str)), "")
    return _basename(location), [_pair(_typed(artifact, "hash", str, where))] if "hash" in artifact else []


def _uv_marker(package: Mapping[str, Any], where: str) -> str:
    joined = " or ".join(f"({marker})" for marker in _strings(package, "resolution-markers", where))
    _refuse_conflicts(joined, where)
    try:
        return str(Marker(joined)) if joined else ""
    except InvalidMarker as error:
        what = f"`resolution-markers` has something that is not a marker: {joined}."
        raise UserError(what, where=where, fix="Type `uv lock`.") from error


def _refuse_conflicts(marker: str, where: str) -> None:
    if _UV_CONFLICT.search(marker):
        what = f"What is needed depends on which of conflicting extras or groups is chosen: {marker}."
        raise UserError(what, where=where, fix=_FIX_TWO_VERSIONS)


def _uv_requires(package: Mapping[str, Any], where: str) -> tuple[str, ...]:
    optional = _typed(package, "optional-dependencies", dict, where) if "optional-dependencies" in package else {}
    groups = {"": _uv_tables(package, "dependencies", where)}
    groups.update({extra: _uv_tables(optional, extra, where) for extra in optional})
    return _sorted(_uv_edge(edge, extra, where) for extra, edges in groups.items() for edge in edges)


def _uv_edge(edge: Mapping[str, Any], extra: str, where: str) -> str:
    marker = edge.get("marker")
    _refuse_conflicts(str(marker or ""), where)
    if extra:
        condition = f'extra == "{extra}"'
        marker = f"({marker}) and {condition}" if marker else condition
    return _edge(edge, marker, where)


def _uv_tables(table: Mapping[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    value = table.get(key, [])
    if not _is_tables(value):
        raise UserError(f"`{key}` is not a list of tables.", where=where, fix=_FIX_RELOCK)
    return list(value)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
