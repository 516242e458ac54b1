"""Something that a wheel must not contain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Secret:
    """Something that a wheel must not contain.

    Args:
        kind: "build path", "home directory", "user name", "host name" and so on.
        value: the text.
        reveals: what it tells, for the message.
        only_text: whether it is looked for as plain text only.
    """

    kind: str
    value: str
    reveals: str
    only_text: bool = False

    @property
    def is_path(self) -> bool:
        """Whether it is a path of several folders; a name, or /root, is there only if it is a word of its own."""
        return self.value.startswith("/") and len(self.components) > 1

    @property
    def components(self) -> tuple[str, ...]:
        """The folders of a path."""
        return tuple(filter(None, self.value.split("/")))

    @property
    def text(self) -> bytes:
        """What to look for in the inputs: a path without its leading slash."""
        return "/".join(self.components).encode() if self.is_path else self.value.encode()
