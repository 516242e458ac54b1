"""What the module extension brings can be vendored, and is built from there without fetching anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support import Workspace

SIX = "//wheels:six_wheel"


def test_a_build_from_vendored_files(workspace: Workspace) -> None:
    workspace.build(SIX)
    before = workspace.hashes()
    workspace.run("vendor", "--vendor_dir=vendored", SIX)
    vendored = workspace.root / "vendored"
    (sdist,) = (folder for folder in vendored.iterdir() if folder.name.endswith("six_sdist") and folder.is_dir())
    assert [file.name for file in sdist.glob("six-*")] == ["six-1.17.0.tar.gz"]
    # Whoever looked for them elsewhere would find no index, nor, as all is fetched already, a reason to look.
    workspace.build(SIX, "--vendor_dir=vendored", "--nofetch", "--repo_env=PIP_INDEX_URL=https://index.invalid/simple")
    assert workspace.hashes() == before
    external = workspace.output_base / "external" / sdist.name
    assert external.resolve() == sdist.resolve()


def test_a_build_without_fetching(workspace: Workspace) -> None:
    workspace.build(SIX)
    workspace.build(SIX, "--nofetch")
