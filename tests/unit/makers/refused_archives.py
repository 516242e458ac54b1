"""Archives that are refused, with a look at everything that they must not touch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from archives import listing

from common.errors import UserError
from source.unpack import Limits, unpack

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = Limits(max_bytes=1 << 20, max_members=100)


def refused(archive: Path, box: Path, limits: Limits = LIMITS) -> str:
    """The message of the refusal, after a look at everything outside the target folder."""
    into = box / "deep" / "into"
    into.mkdir(parents=True)
    (box / "secret").write_text("s3cret")
    before = {name: about for name, about in listing(box).items() if not name.startswith("deep/into")}
    with pytest.raises(UserError) as caught:
        unpack(archive, into, limits)
    after = {name: about for name, about in listing(box).items() if not name.startswith("deep/into/")}
    # The folder's own time changes.
    assert {k: v for k, v in after.items() if k != "deep/into"} == {k: v for k, v in before.items() if k != "deep/into"}
    assert (box / "secret").read_text() == "s3cret"
    return str(caught.value)
