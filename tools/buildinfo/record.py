"""The job of the PySdistBuildinfo action."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from build_wheel.backend_environment import backend_environment
from build_wheel.params import BuildParams
from buildinfo.document import BuildInfo, Input, portable
from buildinfo.helper import SOURCES, sources_hash
from buildinfo.provenance import provenance
from buildinfo.rust import rust_facts
from common.files import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class RecordParams:
    """The parameters of one PySdistBuildinfo action; paths are relative to the execution root.

    Args:
        params: the parameters of the wheel's action.
        helper: the helper's zip, which that action ran.
        wheel: what it made.
        build_requires: the wheels of its build requirements, by the folders that they are installed in.
        inputs: files, or folders of files, that it read.
        runfiles: more of these, by the paths in its tools' runfiles.
        host_files: what that found of undeclared files of the machine.
        version: that of rules_sdist.
        builder: who builds, a URI.
        buildinfo: the output.
        provenance: the output.
    """

    params: str
    helper: str
    wheel: str
    build_requires: dict[str, str]
    inputs: tuple[str, ...]
    runfiles: dict[str, str]
    host_files: str
    version: str
    builder: str
    buildinfo: str
    provenance: str

    @classmethod
    def read(cls, file: Path) -> RecordParams:
        """Reads the JSON file that Starlark wrote."""
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return cls(**{**data, "inputs": tuple(data["inputs"])})


def record(params: RecordParams) -> int:
    """Writes the build information and the provenance; returns 0."""
    info = build_info(params)
    Path(params.buildinfo).write_text(info.text(), encoding="utf-8")
    Path(params.provenance).write_text(provenance(info, params.builder), encoding="utf-8")
    return 0


def build_info(params: RecordParams) -> BuildInfo:
    """Puts the build information together."""
    recipe = Path(params.params).read_text(encoding="utf-8")
    build = BuildParams.read(Path(params.params))
    wheel = Path(params.wheel)
    files = {str(file): file for path in params.inputs for file in _files(path)}
    files.update(
        (place + str(file)[len(path) :], file) for place, path in params.runfiles.items() for file in _files(path)
    )
    inputs = [Input(portable(place), sha256(file)) for place, file in sorted(files.items())]
    inputs += [
        Input(portable(tree), sha256(Path(file)), Path(file).name)
        for tree, file in sorted(params.build_requires.items())
    ]
    for crate in sorted(build.rust.crates if build.rust else (), key=lambda crate: crate.root):
        inputs.append(Input(portable(crate.root), crate.sha256, crate=f"{crate.name}-{crate.version}.crate"))
    with zipfile.ZipFile(params.helper) as helper:
        sources = {name: helper.read(name) for name in helper.namelist() if name.endswith(SOURCES)}
    return BuildInfo(
        wheel=wheel.name,
        sha256=sha256(wheel),
        size=wheel.stat().st_size,
        inputs=tuple(inputs),
        recipe=_recipe(json.loads(portable(recipe))),
        interpreter=_json(build.fingerprints.python),
        compiler=_json(build.fingerprints.compiler),
        environment={name: portable(value) for name, value in backend_environment(build).items()},
        host_files=_json(params.host_files),
        version=params.version,
        helper=sources_hash(sources),
        rust=rust_facts(build.rust.rustc, build.rust.files) if build.rust else None,
    )


def _recipe(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters without what is said elsewhere, and what makes no difference to the wheel."""
    gone = {"fingerprints", "from_lock", "host_files_output", "keep_build_root"}
    recipe = {name: value for name, value in params.items() if name not in gone}
    if recipe["cc"]:
        del recipe["cc"]["wrapper"]  # a part of the helper
    if recipe["rust"]:
        del recipe["rust"]["files"]  # their hashes are in `rust`
    return recipe


def _files(path: str) -> Iterator[Path]:
    found = Path(path)
    if found.is_dir():
        yield from (file for file in found.rglob("*") if file.is_file())
    else:
        yield found


def _json(file: str | None) -> Any:
    return json.loads(Path(file).read_text(encoding="utf-8")) if file else None
