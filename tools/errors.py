"""The one kind of error that a user of rules_sdist is meant to read."""

from __future__ import annotations


class UserError(Exception):
    """A failure whose message says what happened, where, and what to type next.

    Args:
        what: one sentence: what happened, with the expected and the found value where there are two.
        where: the file, archive member or attribute that it is about; "" if there is none.
        fix: what the user should do or type next.
    """

    def __init__(self, what: str, *, where: str = "", fix: str) -> None:
        super().__init__(what, where, fix)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        lines.append(f"  fix:   {self.fix}")
        return "\n".join(lines)
