"""What Starlark tells the helper: one JSON file per action, read into data classes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from build_wheel.environment.fixed_answers import with_fixed_answers

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Expected:
    """What the finished wheel has to be, as declared on the rule.

    Args:
        distribution: the distribution's name, any spelling (PEP 503).
        version: the version, any spelling (PEP 440).
        tags: the compressed tag set of the file name, such as "cp314-cp314-linux_x86_64" (PEP 425).
        requires_dist: the `Requires-Dist` lines, or None when they are not checked.
    """

    distribution: str
    version: str
    tags: str
    requires_dist: tuple[str, ...] | None


@dataclass(frozen=True)
class Library:
    """One library of `native_deps`, in link order.

    Args:
        path: the archive or shared library.
        shared: whether it is linked at run time.
        whole: whether every object of the archive is linked (`alwayslink`).
    """

    path: str
    shared: bool
    whole: bool


@dataclass(frozen=True)
class Native:
    """Headers, defines and libraries that `native_deps` bring along."""

    defines: tuple[str, ...]
    includes: tuple[str, ...]
    quote_includes: tuple[str, ...]
    system_includes: tuple[str, ...]
    libraries: tuple[Library, ...]
    link_flags: tuple[str, ...]


@dataclass(frozen=True)
class CcToolchain:
    """Tools and flags of the Bazel C++ toolchain; paths are relative to the execution root or absolute.

    Args:
        wrapper: the program that stands before the tools on PATH, see cc/wrapper.
    """

    wrapper: str
    c_compiler: str
    cxx_compiler: str
    archiver: str
    linker: str
    other_tools: dict[str, str]
    c_flags: tuple[str, ...]
    cxx_flags: tuple[str, ...]
    shared_link_flags: tuple[str, ...]
    executable_link_flags: tuple[str, ...]
    env: dict[str, str]


@dataclass(frozen=True)
class Crate:
    """One crate, unpacked.

    Args:
        name: its name in the registry.
        version: its version.
        sha256: of the .crate file.
        root: its folder.
        renamed: files in it whose names have a prefix, see `rust.vendor`.
    """

    name: str
    version: str
    sha256: str
    root: str
    renamed: tuple[str, ...]


@dataclass(frozen=True)
class Rust:
    """The Rust toolchain, and what cargo may use.

    Args:
        cargo: the program.
        rustc: the program.
        files: all files of the toolchain.
        crates: those of Cargo.lock.
        cargo_lock: a Cargo.lock in the place of the sdist's, or None.
        allow_prebuilt: globs of what the crates may bring prebuilt; None for anything.
    """

    cargo: str
    rustc: str
    files: tuple[str, ...]
    crates: tuple[Crate, ...]
    cargo_lock: str | None
    allow_prebuilt: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Fingerprints:
    """Files that say what the tools are, see tools/fingerprint; None where nobody says it, or there is no such tool.

    Args:
        base: of what every build sees of the machine.
        compiler: of the C and C++ compiler.
        host_files: of the files in `BuildParams.allow_host_files`.
        python: of the interpreter.
    """

    base: tuple[str, ...]
    compiler: str | None
    host_files: tuple[str, ...]
    python: str | None

    def all(self) -> tuple[str, ...]:
        """Those that there are."""
        return tuple(filter(None, (self.python, self.compiler, *self.base, *self.host_files)))


@dataclass(frozen=True)
class BuildParams:
    """The parameters of one PySdistWheel action; all paths are relative to the execution root.

    Args:
        label: the target, for messages.
        sdist: the source archive, or None for a source tree.
        sources: (path, name in the source tree) of a first-party source tree.
        build_root: the private directory in which everything happens.
        output: the wheel to write.
        expected: what that wheel has to be.
        build_requires: installed trees of the build requirements, each with `site-packages` and perhaps `bin`.
        patches: unified diffs, applied in this order.
        patch_strip: leading path components that the patches' names lose.
        config_settings: PEP 517 config settings.
        env: the rule's own variables for the backend, and those that load `preload`.
        tools: programs for PATH, by the name they get there.
        cpus: the number of jobs a build may run at once.
        compression: "stored" or "deflated".
        leak_policy: "error", "warn" or "off".
        allow_compile_failures: globs of sources whose failed compilation is accepted.
        allow_no_native_code: whether a wheel for a platform may be without native code.
        allow_unresolved: globs of symbols and libraries that native code needs and that something else gives.
        allow_host_files: paths and globs of files of the machine that the build may use.
        undeclared_host_files: "error", "libraries" or "record", see python/settings.
        host_files_output: where to write which it used, as JSON, see `Audit.as_json`.
        max_unpacked_bytes: the size an sdist may unpack to.
        cc: the C++ toolchain, or None where there is none.
        native: what `native_deps` bring.
        rust: the Rust toolchain and the crates, or None for a build without.
        sbom: whether the wheel gets a bill of the materials that were linked into it.
        keep_build_root: whether the build root stays for a look inside.
        fingerprints: what the interpreter and the compiler are.
        isolation: "closed" or "mapped".
        runfiles: inputs that the programs in `tools` look for beside them, by the paths at which they do.
        fixed: what repeats in every process of the backend: "clock", "random".
        preload: the library that does it, or None where `fixed` is empty.
        from_lock: whether a lock made the target, so that no user can write attributes on it.
    """

    label: str
    sdist: str | None
    sources: tuple[tuple[str, str], ...]
    build_root: str
    output: str
    expected: Expected
    build_requires: tuple[str, ...]
    patches: tuple[str, ...]
    patch_strip: int
    config_settings: dict[str, str]
    env: dict[str, str]
    tools: dict[str, str]
    cpus: int
    compression: str
    leak_policy: str
    allow_compile_failures: tuple[str, ...]
    allow_no_native_code: bool
    allow_unresolved: tuple[str, ...]
    allow_host_files: tuple[str, ...]
    undeclared_host_files: str
    host_files_output: str
    max_unpacked_bytes: int
    cc: CcToolchain | None
    native: Native
    rust: Rust | None
    sbom: bool
    keep_build_root: bool
    fingerprints: Fingerprints
    isolation: str
    runfiles: dict[str, str]
    fixed: tuple[str, ...]
    preload: str | None
    from_lock: bool

    @classmethod
    def read(cls, file: Path) -> BuildParams:
        """Reads the JSON file that Starlark wrote.

        Args:
            file: the parameter file.

        Returns:
            the parameters; every JSON list is a tuple.

        Raises:
            TypeError: a field is missing or unknown: the rules and the helper are not of one version.
        """
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"), object_hook=_tuples)
        data["expected"] = Expected(**data["expected"])
        data["cc"] = CcToolchain(**data["cc"]) if data["cc"] else None
        data["fingerprints"] = Fingerprints(**data["fingerprints"])
        data["env"] = with_fixed_answers(data["env"], data["fixed"], data["preload"])
        native = data["native"]
        native["libraries"] = tuple(Library(**library) for library in native["libraries"])
        data["native"] = Native(**native)
        if data["rust"]:
            crates = tuple(Crate(**crate) for crate in data["rust"]["crates"])
            data["rust"] = Rust(**{**data["rust"], "crates": crates})
        return cls(**data)


def _tuples(value: dict[str, Any]) -> dict[str, Any]:
    return {key: _as_tuple(item) for key, item in value.items()}


def _as_tuple(value: Any) -> Any:
    return tuple(_as_tuple(item) for item in value) if isinstance(value, list) else value
