"""`rebuild` of a wheel with Rust: its crates come from the registry by hash, its toolchain is this machine's."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from actions import build_params, helper, toolchain, write_params
from archives import TOOLS
from crab import CLAW, NEEDS_RUST, RUST, pack_crate, project
from forged_documents import Box, box_in, put
from support import make_sdist

from build_wheel.params import Crate, Expected, Rust
from buildinfo.document import BuildInfo, Input
from buildinfo.record import RecordParams, build_info
from common.errors import UserError
from rebuild.command import rebuild
from rebuild.crates import Registry, crate_url, place_crate
from rebuild.rust import place_rust

if TYPE_CHECKING:
    from collections.abc import Iterator

WHEEL = "crab-1.0-py3-none-linux_x86_64.whl"
A = "a" * 64


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    return box_in(tmp_path, monkeypatch)


def toolchain_files(folder: Path) -> tuple[str, ...]:
    """Links to the files of this machine's Rust, as Bazel has them in an execution root."""
    sysroot = Path(RUST)
    libraries = [file for file in (sysroot / "lib").iterdir() if ".so" in file.name]
    targets = [file for file in (sysroot / "lib/rustlib").glob("*/*/**/*") if file.is_file()]
    places = []
    for file in (sysroot / "bin/rustc", sysroot / "bin/cargo", *libraries, *targets):
        place = folder / "rust" / file.relative_to(sysroot)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(file)
        places.append(str(place.relative_to(folder)))
    return tuple(places)


@pytest.fixture(scope="module")
def true_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel with Rust, and its build information as Bazel's action writes it."""
    folder = tmp_path_factory.mktemp("true")
    sha256 = pack_crate(CLAW, folder / "registry" / "claw-1.2.3.crate")
    with (folder / "registry" / "claw-1.2.3.crate").open("rb") as archive:
        shutil.unpack_archive(archive.name, folder / "unpacked", "gztar")
    crate = folder / "external" / "claw" / "crate"
    crate.parent.mkdir(parents=True)
    (folder / "unpacked" / "claw-1.2.3").rename(crate)
    (crate / "nested/BUILD.bazel").rename(crate / "nested/CRATE_FILE.BUILD.bazel")
    (crate / ".cargo-checksum.json").write_text(json.dumps({"files": {}, "package": sha256}))
    (folder / "inputs").mkdir()
    make_sdist(project(sha256), folder / "inputs" / "crab-1.0.tar.gz")
    crates = (Crate("claw", "1.2.3", sha256, "external/claw/crate", ("nested/BUILD.bazel",)),)
    params = build_params(
        sdist="inputs/crab-1.0.tar.gz",
        expected=Expected("crab", "1.0", "py3-none-linux_x86_64", None),
        output=WHEEL,
        cc=toolchain(),
        rust=Rust("rust/bin/cargo", "rust/bin/rustc", toolchain_files(folder), crates, None),
    )
    write_params(folder, params)
    line, options = helper(folder)
    done = subprocess.run(line, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stderr
    shutil.make_archive(str(folder / "helper"), "zip", TOOLS)
    given = ("inputs/crab-1.0.tar.gz",)
    record = RecordParams("params.json", "helper.zip", WHEEL, {}, given, {}, "host_files.json", "1", "urn:x", "", "")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / f"{WHEEL}.buildinfo.json").write_text(build_info(record).text())
    return folder / WHEEL


@pytest.fixture
def typed(true_build: Path, box: Box, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What to type; the registry is a folder."""
    registry = true_build.parent / "registry"
    monkeypatch.setenv("RULES_SDIST_RUST", RUST)
    monkeypatch.setenv("RULES_SDIST_CRATES_URL", f"file://{registry}/{{crate}}-{{version}}.crate")
    document = true_build.with_name(f"{WHEEL}.buildinfo.json")
    yield [str(true_build), str(document), "--inputs", str(true_build.parent / "inputs"), "--mapped"]
    assert list(box.scratch.iterdir()) == []


@NEEDS_RUST
def test_a_wheel_with_a_crate(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert rebuild(typed) == 0
    said = capsys.readouterr().out
    assert f"{WHEEL} was built again, with the same bytes" in said
    assert "the same as recorded: environment, host_files, rust, helper" in said


@NEEDS_RUST
def test_a_crate_in_a_folder_of_inputs(
    typed: list[str], true_build: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With no registry at all."""
    monkeypatch.setenv("RULES_SDIST_CRATES_URL", "file:///nowhere")
    assert rebuild([*typed, "--inputs", str(true_build.parent / "registry")]) == 0
    assert "with the same bytes" in capsys.readouterr().out


def lied(typed: list[str], folder: Path, field: str, value: object) -> str:
    """What `rebuild` says of the same document with another value in a field."""
    document = put(json.loads(Path(typed[1]).read_text()), field, value)
    (folder / "lie.json").write_text(json.dumps(document))
    with pytest.raises(UserError) as caught:
        rebuild([typed[0], str(folder / "lie.json"), *typed[2:]])
    assert caught.value.fix
    return str(caught.value)


@NEEDS_RUST
@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (
            "rust.version",
            "rustc 1.0.0 (abc 2015-05-15)",
            "version: recorded rustc 1.0.0 (abc 2015-05-15), here rustc 1.",
        ),
        ("rust.host", "sparc-sun-solaris", "host: recorded sparc-sun-solaris, here "),
        ("rust.files.bin/cargo", A, "1 of "),
        ("rust.files.more", A, "more: is not there"),
        ("rust.files", {"bin/../../x": A}, "rust.files"),
        ("rust", None, "build information's rust is there without recipe.rust, or that without it"),
        ("recipe.rust", None, "build information's rust is there without recipe.rust, or that without it"),
        (
            "recipe.rust.rustc",
            "inputs/bin/rustc",
            "recipe.rust.cargo is rust/bin/cargo, which is no program of its toolchain",
        ),
        ("recipe.rust.cargo", "/usr/bin/cargo", "recipe.rust.cargo"),
        ("recipe.rust.cargo_lock", "inputs/Cargo.lock", "which is none of its inputs"),
        ("recipe.rust.crates.0.version", "1.2.4", "don't have the same claw-1.2.3.crate"),
        ("recipe.rust.crates.0.sha256", A, "don't have the same claw-1.2.3.crate"),
        ("recipe.rust.crates.0.root", "../claw", "recipe.rust.crates.root"),
        ("recipe.rust.crates.0.renamed", ["nested/BUILD"], "claw-1.2.3.crate has no nested/BUILD"),
        ("recipe.rust.crates.0.renamed", ["../x"], "recipe.rust.crates.renamed"),
        ("recipe.rust.files", ["/etc/passwd"], "recipe.rust.files"),
    ],
)
def test_a_lie_is_refused(typed: list[str], tmp_path: Path, field: str, value: object, said: str) -> None:
    assert said in lied(typed, tmp_path, field, value)


@NEEDS_RUST
def test_a_registry_that_has_changed_a_crate(typed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack_crate({**CLAW, "src/lib.rs": "evil"}, tmp_path / "registry" / "claw-1.2.3.crate")
    monkeypatch.setenv("RULES_SDIST_CRATES_URL", f"file://{tmp_path}/registry/{{crate}}-{{version}}.crate")
    with pytest.raises(
        UserError, match=r"claw-1\.2\.3\.crate of the registry is another one\.\n  recorded sha256: "
    ) as caught:
        rebuild(typed)
    assert "Find out who changed it" in str(caught.value)


# Without Rust.


def rust_document(**more: Any) -> BuildInfo:
    facts = {"version": "rustc 1.95.0", "host": "x", "llvm": "1", "files": {"bin/rustc": A}}
    recipe = {"rust": {"rustc": "external/rust/bin/rustc", "cargo": "external/rust/bin/cargo", "crates": []}}
    values = {"wheel": WHEEL, "sha256": A, "size": 1, "inputs": (), "recipe": recipe, "rust": facts, **more}
    rest: dict[str, Any] = {
        "interpreter": None,
        "compiler": None,
        "environment": {},
        "host_files": {},
        "version": "1",
        "helper": A,
    }
    return BuildInfo(**{**rest, **values})


def test_a_machine_without_rust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RULES_SDIST_RUST", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError) as caught:
        place_rust(rust_document(), tmp_path)
    assert "The wheel was built with rustc 1.95.0; here there is no rustc on PATH." in str(caught.value)
    assert "Install that Rust, put it onto PATH, or set RULES_SDIST_RUST to its sysroot" in str(caught.value)


def test_a_toolchain_of_an_output_base_has_to_have_the_recorded_hashes(tmp_path: Path) -> None:
    """Nothing of it is started, or written."""
    (tmp_path / "real/bin").mkdir(parents=True)
    (tmp_path / "real/bin/rustc").write_text("another")
    (tmp_path / "root/external").mkdir(parents=True)
    (tmp_path / "root/external/rust").symlink_to(tmp_path / "real")
    with pytest.raises(UserError, match="1 of 1 files of the Rust that built the wheel are others here"):
        place_rust(rust_document(), tmp_path / "root")


CRATE = Input("external/x/crate", A, crate="claw-1.2.3.crate")


def test_no_registry_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RULES_SDIST_CRATES_URL", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="No registry of crates is known: there is no cargo on PATH") as caught:
        Registry(tmp_path / "scratch").download(CRATE, tmp_path / "x.crate")
    assert "set RULES_SDIST_CRATES_URL to the `dl` of the registry's config.json" in str(caught.value)


def test_the_registry_that_cargo_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cargo keeps what the index says of itself; the user's settings count, a home's own indexes do not."""
    (tmp_path / "cargo").write_text(
        "#!/bin/sh\n[ -e $CARGO_HOME/config.toml ] || exit 1\nmkdir -p $CARGO_HOME/registry/index/x\n"
        f'echo \'{{"dl": "file://{tmp_path}/dl"}}\' > $CARGO_HOME/registry/index/x/config.json\n'
    )
    (tmp_path / "cargo").chmod(0o755)
    (tmp_path / "home").mkdir()
    (tmp_path / "home/config.toml").write_text("")
    place = tmp_path / "dl/claw/1.2.3/download"
    sha256 = pack_crate(CLAW, place)
    monkeypatch.delenv("RULES_SDIST_CRATES_URL", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "home"))
    entry = Input(CRATE.path, sha256, crate=CRATE.crate)
    made = Registry(tmp_path / "scratch").download(entry, tmp_path / "x.crate")
    assert made.read_bytes() == place.read_bytes()


def test_a_crate_that_the_registry_does_not_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RULES_SDIST_CRATES_URL", f"file://{tmp_path}/nowhere")
    with pytest.raises(UserError, match=r"claw-1\.2\.3\.crate can't be had from file:///") as caught:
        Registry(tmp_path / "scratch").download(CRATE, tmp_path / "x.crate")
    assert "name a folder that has claw-1.2.3.crate: --inputs FOLDER" in str(caught.value)


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("https://r.example/api/v1/crates", "https://r.example/api/v1/crates/Serde/1.0.2/download"),
        ("https://r.example/{crate}/{version}.crate", "https://r.example/Serde/1.0.2.crate"),
        ("https://r.example/{prefix}/{lowerprefix}/{crate}", "https://r.example/Se/rd/se/rd/Serde"),
        ("https://r.example/{sha256-checksum}", f"https://r.example/{A}"),
    ],
)
def test_addresses_of_crates(template: str, url: str) -> None:
    assert crate_url(template, "Serde", "1.0.2", A) == url


def test_an_unpacked_crate(tmp_path: Path) -> None:
    sha256 = pack_crate(CLAW, tmp_path / "claw-1.2.3.crate")
    entry = Input(CRATE.path, sha256, crate=CRATE.crate)
    place = tmp_path / "root" / entry.path
    place_crate(tmp_path / "claw-1.2.3.crate", entry, ["nested/BUILD.bazel"], place, tmp_path / "scratch")
    assert {file.relative_to(place).as_posix() for file in place.rglob("*") if file.is_file()} == {
        *(".cargo-checksum.json", "Cargo.toml", "build.rs", "src/lib.rs", "nested/CRATE_FILE.BUILD.bazel")
    }
    assert json.loads((place / ".cargo-checksum.json").read_text()) == {"files": {}, "package": sha256}
