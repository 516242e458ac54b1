"""What a closed build's output tells of programs of the machine that it did not find."""

from __future__ import annotations

import pytest

from build_wheel.missing_files import missing_programs


@pytest.mark.parametrize(
    ("output", "programs"),
    [
        ("FileNotFoundError: [Errno 2] No such file or directory: 'make'", ["make"]),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'python3.11'", ["python3.11"]),
        ("./make.sh: line 118: make: command not found", ["make"]),
        ("Exception: ERROR: The 'make' utility is missing from PATH", ["make"]),
        (
            'CMake Error: CMake was unable to find a build program corresponding to "Unix Makefiles".  '
            "CMAKE_MAKE_PROGRAM is not set.",
            ["make"],
        ),
        ("error: [Errno 2] No such file or directory: 'libcapstone.so.5'", []),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'README.md'", []),
        ("KeyError: 'name' is missing", []),
    ],
)
def test_programs_that_a_build_did_not_find(output: str, programs: list[str]) -> None:
    assert missing_programs(f"running build\n{output}\n") == programs
