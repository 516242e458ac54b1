from __future__ import annotations

import pytest

from common.errors import UserError, about


def test_says_what_where_and_fix_on_lines_of_their_own() -> None:
    error = UserError("It broke.", where="a.c", fix="Mend it.")
    assert str(error) == "It broke.\n  where: a.c\n  fix:   Mend it."


def test_leaves_out_an_empty_place() -> None:
    assert str(UserError("It broke.", fix="Mend it.")) == "It broke.\n  fix:   Mend it."


@pytest.mark.parametrize(
    ("what", "where", "then"),
    [
        ("It broke.", "a.c", "x.tar.gz: a.c"),
        ("It broke.", "", "x.tar.gz"),
        ("x.tar.gz broke.", "a.c", "a.c"),
        ("It broke.", "a.c in x.tar.gz", "a.c in x.tar.gz"),
    ],
)
def test_names_the_file_once(what: str, where: str, then: str) -> None:
    with pytest.raises(UserError) as caught, about("x.tar.gz"):
        raise UserError(what, where=where, fix="Mend it.")
    assert (caught.value.what, caught.value.where, caught.value.fix) == (what, then, "Mend it.")
