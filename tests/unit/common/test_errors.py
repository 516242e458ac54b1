from __future__ import annotations

from common.errors import UserError


def test_says_what_where_and_fix_on_lines_of_their_own() -> None:
    error = UserError("It broke.", where="a.c", fix="Mend it.")
    assert str(error) == "It broke.\n  where: a.c\n  fix:   Mend it."


def test_leaves_out_an_empty_place() -> None:
    assert str(UserError("It broke.", fix="Mend it.")) == "It broke.\n  fix:   Mend it."
