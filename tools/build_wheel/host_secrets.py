"""What a wheel must not tell of this machine."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from build_wheel.leak_secrets import Secret

if TYPE_CHECKING:
    from build_wheel.layout import Layout


def host_secrets(layout: Layout) -> list[Secret]:
    """What a wheel must not tell: where and by whom it was built."""
    import pwd

    secrets = [
        Secret("build path", str(layout.root), "the directory in which it was built"),
        Secret("build path", str(layout.execroot), "Bazel's execution root"),
        Secret("build path", os.path.realpath(layout.execroot), "Bazel's execution root"),
        *(Secret("build path", linked, "Bazel's execution root") for linked in layout.linked),
        *(Secret("build path", base, "Bazel's output base") for base in output_bases(layout)),
        Secret("host name", os.uname().nodename, "the machine that built it"),
    ]
    try:
        user = pwd.getpwuid(os.getuid())
    except KeyError:  # a container's user need not be in /etc/passwd
        return secrets
    return [
        *secrets,
        Secret("home directory", user.pw_dir, "the home directory of the user who built it"),
        Secret("user name", user.pw_name, "the user who built it"),
    ]


def output_bases(layout: Layout) -> set[str]:
    """Where the toolchains and sources are that the execution root has links to."""
    paths = (str(layout.execroot), os.path.realpath(layout.execroot))
    matches = (re.match(r"(/.+?)/(?:sandbox/[^/]+/\d+/)?execroot/[^/]+$", path) for path in paths)
    return {match[1] for match in matches if match}
