from __future__ import annotations

from pathlib import Path

import pytest
from readme import Step, steps_of

README = Path(__file__).resolve().parents[2] / "README.md"
TEXT = """\
## Use it

1. `a.txt` and `b.txt`:

   ```text
   one
     two
   ```

   then

   ```sh
   cat a.txt
   ```

2. More.

### Later
"""


def test_files_and_commands_of_a_step() -> None:
    assert steps_of(TEXT) == [Step({"a.txt": "one\n  two\n"}, ("cat a.txt\n",)), Step({}, ())]


def test_a_block_without_a_name() -> None:
    with pytest.raises(ValueError, match="no file name"):
        steps_of(TEXT.replace("`", "", 4))
    with pytest.raises(ValueError, match="no section"):
        steps_of("## Try it\n")


def test_readme_has_five_steps() -> None:
    steps = steps_of(README.read_text(encoding="utf-8"))
    assert len(steps) == 5
    assert [name for step in steps for name in step.files] == [
        *("MODULE.bazel", "requirements.in", "app/BUILD.bazel", "app/page_test.py"),
    ]
    assert steps[2].commands == ("../rules_sdist/bazelw run @rules_sdist//tools/init -- --build-all\n",)
