"""A project in Rust: its crates, its toolchain, the bytes of its wheel, and what belongs to its key."""

from __future__ import annotations

import ctypes
import os
import shutil
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from crab import BODY, CLAW, LIBRARY, MANIFEST, NEEDS_RUST, RUST, RustWorkspace, cargo_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = NEEDS_RUST

MAPPED = "--@rules_sdist//python/settings:isolation=mapped"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RustWorkspace]:
    folder = tmp_path_factory.mktemp("rust")
    made = RustWorkspace(folder / "w", folder / "o")
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def another_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RustWorkspace]:
    folder = tmp_path_factory.mktemp("another")
    made = RustWorkspace(folder / "another place" / "w", folder / "another output base")
    yield made
    made.shutdown()


@pytest.fixture
def other(another_place: RustWorkspace) -> RustWorkspace:
    """A workspace at another place, which a test may `set` otherwise."""
    another_place.set()
    return another_place


def test_a_wheel_has_the_same_bytes_at_two_places_and_in_both_modes(
    workspace: RustWorkspace, other: RustWorkspace, tmp_path: Path
) -> None:
    workspace.build(workspace.crab("plain"), "--spawn_strategy=sandboxed")
    (closed,) = workspace.hashes("plain").values()
    wheel = next((workspace.bin() / "plain").glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        library = Path(archive.extract("crab.so", tmp_path))
    assert ctypes.CDLL(str(library)).crab(4) == 9
    text = library.read_bytes()
    # Panics tell where they are, so the maps have something to do.
    assert b"/build/v/claw-1.2.3/src/lib.rs" in text
    assert not [word for word in (str(workspace.output_base), RUST, "/execroot/") if word.encode() in text]
    other.build(other.crab("plain"), MAPPED, "--spawn_strategy=local")
    assert set(other.hashes("plain").values()) == {closed}


def test_a_crate_outside_the_cargo_workspace_tells_no_path(workspace: RustWorkspace, other: RustWorkspace) -> None:
    """Cargo hashes its absolute path into the names of symbols."""
    files = {
        "rust/Cargo.toml": MANIFEST.replace('claw = "1"', 'shell = { path = "../shell" }'),
        "rust/src/lib.rs": LIBRARY.replace("claw::", "shell::"),
        "shell/Cargo.toml": CLAW["Cargo.toml"].replace('"claw"', '"shell"').replace('build = "build.rs"\n', ""),
        "shell/src/lib.rs": CLAW["src/lib.rs"].replace("pub fn", "#[inline(never)]\npub fn"),
    }
    body = BODY.replace('"--release"', '"--release", "--manifest-path=rust/Cargo.toml"').replace(
        "target/", "rust/target/"
    )
    hashes = []
    for place in (workspace, other):
        place.build(place.crab("outside", files, body=body), MAPPED)
        hashes.append(place.hashes("outside"))
    workspace.build("//outside")
    assert hashes[0] == hashes[1] == workspace.hashes("outside")


def test_a_host_that_is_another_shares_nothing(workspace: RustWorkspace, other: RustWorkspace, tmp_path: Path) -> None:
    """Two machines with one cache: the same Rust in two places, then another one in the same place."""
    cache = tmp_path / "cache"
    rust = tmp_path / "rust"
    shutil.copytree(RUST, rust, copy_function=os.symlink, ignore=shutil.ignore_patterns("share", "etc", "libexec"))
    other.set(rust=str(rust))
    workspace.crab("key")
    other.crab("key")
    made, cached = workspace.build_sharing(cache, "key")
    assert not cached
    assert other.build_sharing(cache, "key") == (made, True)
    rustc = rust / "bin" / "rustc"
    content = rustc.read_bytes()
    rustc.unlink()
    rustc.write_bytes(content + b"another")
    rustc.chmod(0o755)
    assert other.build_sharing(cache, "key")[1] is False


def test_another_crate_and_another_cargo_lock_are_other_keys(
    workspace: RustWorkspace, other: RustWorkspace, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    workspace.crab("locks")
    made, _ = workspace.build_sharing(cache, "locks")
    (workspace.root / "locks" / "Cargo.lock").write_text("# other\n" + cargo_lock(workspace.sha256))
    workspace.crab("locks", more='cargo_lock = "Cargo.lock",')
    assert workspace.build_sharing(cache, "locks") == (made, False)
    claw = {**CLAW, "src/lib.rs": CLAW["src/lib.rs"].replace("2 *", "3 *")}
    other.set(claw=claw)
    other.crab("locks")
    sha256, cached = other.build_sharing(cache, "locks")
    assert (sha256 != made, cached) == (True, False)


def test_what_a_crate_has_in_folders_that_would_be_packages_is_there(workspace: RustWorkspace) -> None:
    build = 'fn main() { assert!(std::path::Path::new("../../v/claw-1.2.3/nested/BUILD.bazel").exists()); }\n'
    workspace.build(workspace.crab("packages", {"build.rs": build}))


def test_a_cargo_lock_of_the_workspace_takes_the_place_of_the_sdists(workspace: RustWorkspace) -> None:
    target = workspace.crab("own_lock", {"Cargo.lock": "damaged"}, more='cargo_lock = "Cargo.lock",')
    (workspace.root / "own_lock" / "Cargo.lock").write_text(cargo_lock(workspace.sha256))
    workspace.build(target)


def test_it_is_the_same_under_varied_conditions(workspace: RustWorkspace) -> None:
    workspace.crab("varied")
    build_file = workspace.root / "varied" / "BUILD.bazel"
    build_file.write_text(build_file.read_text() + 'py_wheel_reproducibility_test(name = "test", wheel = ":varied")\n')
    workspace.run("test", "//varied:test")


TOOLCHAIN = """
def _impl(ctx):
    files = depset(ctx.files.srcs)
    programs = {file.basename: file for file in ctx.files.srcs}
    return [platform_common.ToolchainInfo(
        all_files = files,
        cargo = programs["cargo"] if ctx.attr.with_cargo else None,
        rustc = programs["rustc"],
    )]

own_rust = rule(
    implementation = _impl,
    attrs = {"srcs": attr.label_list(allow_files = True), "with_cargo": attr.bool()},
)
"""


def test_a_toolchain_of_ones_own(other: RustWorkspace, tmp_path: Path) -> None:
    """As rules_rust has them: a target with a ToolchainInfo."""
    other.set(rust=str(tmp_path / "nowhere"))
    rust = 'glob(["bin/cargo", "bin/rustc", "lib/lib*.so*", "lib/rustlib/*/lib/**", "lib/rustlib/*/bin/**"])'
    module = other.root / "MODULE.bazel"
    module.write_text(
        f"""{module.read_text()}
new_local_repository = use_repo_rule("@bazel_tools//tools/build_defs/repo:local.bzl", "new_local_repository")
new_local_repository(
    name = "own_rust",
    path = "{RUST}",
    build_file_content = 'filegroup(name = "all", srcs = {rust}, visibility = ["//visibility:public"])',
)
"""
    )
    folder = other.package("toolchain", "", {"own_rust.bzl": TOOLCHAIN})
    (folder / "BUILD.bazel").write_text(
        'load(":own_rust.bzl", "own_rust")\n'
        'own_rust(name = "whole", srcs = ["@own_rust//:all"], with_cargo = True)\n'
        'own_rust(name = "half", srcs = ["@own_rust//:all"])\n'
    )
    setting = "--@rules_sdist//python/settings:rust_toolchain=//toolchain:"
    other.build(other.crab("crab"), setting + "whole")
    message = other.build("//crab", setting + "half", expect=1).err
    assert "//crab:crab: this build needs cargo and rustc" in message
    assert "//toolchain:half gives none: it has no cargo" in message


# Bad input


def test_a_missing_crate(workspace: RustWorkspace) -> None:
    message = workspace.error(workspace.crab("missing", crates=""))
    assert "//missing:missing: the crate claw is not among its crates" in message
    assert "where: Cargo.lock and `crates`: crab v1.0.0 needs it" in message
    assert "fix:   Add it to `crates`" in message


def test_a_cargo_lock_with_another_checksum(workspace: RustWorkspace) -> None:
    message = workspace.error(workspace.crab("checksum", {"Cargo.lock": cargo_lock("0" * 64)}))
    assert "the crate claw 1.2.3 has another checksum in Cargo.lock than the file that Bazel has fetched" in message


def test_a_damaged_cargo_lock(workspace: RustWorkspace) -> None:
    message = workspace.error(workspace.crab("damaged", {"Cargo.lock": "version = 4\n[[package\n"}))
    assert "failed to parse lock file" in message


def test_what_a_crate_brings_prebuilt(other: RustWorkspace) -> None:
    other.set(claw={**CLAW, "lib/libold.a": "!<arch>\nnothing\0in it"})
    refuse = "--@rules_sdist//python/settings:prebuilt_in_crates=refuse"
    other.build(other.crab("allowed"))
    message = other.error(other.crab("refused"), refuse)
    other.build(other.crab("named", more='allow_prebuilt = ["claw-1.2.3/lib/*"],'), refuse)
    assert "//refused:refused: a crate brings what was not built from source" in message
    assert "claw-1.2.3/lib/libold.a" in message


def test_a_compiler_that_is_too_old(workspace: RustWorkspace) -> None:
    manifest = MANIFEST.replace("edition", 'rust-version = "1.999"\nedition')
    message = workspace.error(workspace.crab("old", {"Cargo.toml": manifest}))
    assert "and that is too old" in message
    assert "where: crab@1.0.0 requires rustc 1.999" in message
    assert "RULES_SDIST_RUST" in message


def test_a_crate_from_git(workspace: RustWorkspace) -> None:
    manifest = MANIFEST.replace('"1"', '{ git = "https://nowhere.invalid/claw" }')
    message = workspace.error(workspace.crab("git", {"Cargo.toml": manifest}))
    assert "the crate claw comes from a Git repository, https://nowhere.invalid/claw" in message


def test_a_build_script_that_goes_online(workspace: RustWorkspace) -> None:
    script = 'fn main() { std::net::TcpStream::connect(("nowhere.invalid", 80)).unwrap(); }\n'
    message = workspace.error(workspace.crab("online", {"build.rs": script}))
    assert "tried to use the network, which is blocked in a build" in message


def test_code_for_the_cpu_of_this_machine(workspace: RustWorkspace) -> None:
    config = '[build]\nrustflags = ["-C", "target-cpu=native"]\n'
    message = workspace.error(workspace.crab("native", {".cargo/config.toml": config}))
    assert "rules_sdist: target-cpu=native makes the wheel depend on the CPU it was built on" in message


def test_an_extension_that_does_not_compile_does_not_vanish(workspace: RustWorkspace) -> None:
    body = """
    import subprocess
    subprocess.run(["cargo", "build", "--release"])
    return write_wheel(wheel_directory, name="crab", tag="py3-none-linux_x86_64")
    """
    bad = {"src/lib.rs": LIBRARY.replace("twice", "thrice")}
    message = workspace.error(workspace.crab("optional", bad, body=body, more="allow_no_native_code = True,"))
    assert "//optional:optional: the compiler refused Cargo.toml, and the build went on without it" in message
    assert "cannot find function `thrice`" in message


def test_a_pinned_crate_that_the_registry_has_otherwise(other: RustWorkspace) -> None:
    other.set(pinned="1" * 64)
    message = other.build(other.crab("wheel"), expect=1).err
    assert "The crate claw 1.2.3: it could not be had from file://" in message
    assert "With another checksum, someone has changed the crate, or Cargo.lock: find out who." in message


def test_a_machine_without_rust(other: RustWorkspace, tmp_path: Path) -> None:
    other.set(rust=str(tmp_path / "nowhere"))
    message = other.build(other.crab("wheel"), expect=1).err
    assert "//wheel:wheel: this build needs cargo and rustc" in message
    assert f"there is no {tmp_path}/nowhere/bin/rustc" in message
    assert "common --repo_env=RULES_SDIST_RUST=" in message


def test_a_build_that_does_not_say_that_it_needs_rust(workspace: RustWorkspace) -> None:
    workspace.crab("silent")
    build_file = workspace.root / "silent" / "BUILD.bazel"
    build_file.write_text(build_file.read_text().replace('crates = ["@crate_claw//:crate"],\n    rust = True,', ""))
    message = workspace.error("//silent")
    assert "rules_sdist: this build gets neither cargo nor rustc" in message


def test_no_registry_is_known(other: RustWorkspace, tmp_path: Path) -> None:
    # A crate that nobody had before: for one in Bazel's repository cache no registry is needed.
    claw = {**CLAW, "README": f"{tmp_path} {time.time()}"}
    other.set(rust=str(tmp_path / "nowhere"), claw=claw, registry=False)
    message = other.build(other.crab("wheel"), expect=1).err
    assert "The crate claw 1.2.3: no registry of crates is known" in message
    assert "common --repo_env=RULES_SDIST_CRATES_URL=<address>" in message
