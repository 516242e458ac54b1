"""GCC, and clang with lld: the same bytes at two paths, and neither path in any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from native_code import PATHS, native_code
from support import CLOSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from support import Workspace

MAPPED = CLOSED.replace("closed", "mapped")


@pytest.mark.parametrize("isolation", [CLOSED, MAPPED])
@pytest.mark.parametrize(
    ("compiler", "program", "signs"),
    [
        ("gcc", "/usr/bin/gcc", [b"GCC: ("]),
        ("clang", "/usr/lib/llvm-21/bin/clang", [b"clang version", b"Linker: ", b"LLD "]),  # the toolchain calls it so
    ],
)
def test_gcc_and_clang(
    machines: Callable[..., Workspace], compiler: str, program: str, signs: list[bytes], isolation: str
) -> None:
    """MarkupSafe (C), greenlet (C++); clang with lld."""
    wheels = ("//wheels:markupsafe_wheel", "//wheels:greenlet_wheel")
    tools = f"--repo_env=RULES_SDIST_HOST_TOOLS=/usr/bin/python3:{program}"
    hashes = []
    for place in PATHS:
        workspace = machines(place, f"--repo_env=CC={compiler}", tools, isolation)
        workspace.build(*wheels)
        hashes.append(workspace.hashes())
        made = native_code((workspace.bin() / "wheels").glob("*.whl"), workspace)
        assert len(made) >= len(wheels)
        for name, content in made.items():
            assert all(sign in content for sign in signs), name
    assert hashes[0] == hashes[1]
