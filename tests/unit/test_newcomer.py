from __future__ import annotations

import pytest
from code_blocks import REPO, blocks_run_by
from readme import Step, steps_of

README = REPO / "README.md"
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
    with pytest.raises(ValueError, match="no steps"):
        steps_of("## Try it\n")


def test_readme_has_five_steps() -> None:
    steps = steps_of(README.read_text(encoding="utf-8"))
    assert len(steps) == 5
    assert [name for step in steps for name in step.files] == [
        *("MODULE.bazel", "requirements.in", "app/BUILD.bazel", "app/page_test.py"),
    ]
    assert steps[2].commands == ("../rules_sdist/bazelw run @rules_sdist//tools/init -- --build-all\n",)


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial/first_wheel.md", "docs/tutorial/swap.md"])
def test_what_is_said_to_be_run_is_a_step(page: str) -> None:
    steps = steps_of((REPO / page).read_text(encoding="utf-8"))
    done = [text for step in steps for text in (*step.files.values(), *step.commands)]
    blocks = blocks_run_by(page, "tests/newcomer/newcomer.py")
    assert sorted(block.text for block in blocks) == sorted(done)


def test_first_wheel_has_four_steps() -> None:
    steps = steps_of((REPO / "docs" / "tutorial" / "first_wheel.md").read_text(encoding="utf-8"))
    assert [list(step.files) for step in steps] == [
        ["MODULE.bazel"],
        ["third_party/BUILD.bazel"],
        ["app/BUILD.bazel", "app/escape_test.py"],
        [],
    ]
    assert steps[3].commands == ("../rules_sdist/bazelw test //...\n",)


def test_the_swap_has_three_steps() -> None:
    steps = steps_of((REPO / "docs" / "tutorial" / "swap.md").read_text(encoding="utf-8"))
    assert [list(step.files) for step in steps] == [["MODULE.bazel"], [], []]
    assert steps[2].commands == ("../rules_sdist/bazelw test //... @sdists_hub//:check\n",)
