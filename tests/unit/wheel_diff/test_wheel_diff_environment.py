"""In what the environments of two wheels differ: what broke reproducible wheels overnight has to be in the lines."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archives import make_wheel
from diffed_wheels import run

from buildinfo.document import BuildInfo, Input
from common.errors import UserError
from wheel_diff.command import wheel_diff
from wheel_diff.environment import environment_report

HARDENED = "-fstack-protector-strong -Wformat -Werror=format-security -D_FORTIFY_SOURCE=2"
DEBIAN = f"-DNDEBUG -g -fwrapv -O2 -Wall -g {HARDENED}"
OWN = "-Wno-unused-result -Wsign-compare -DNDEBUG -g -fwrapv -O3 -Wall"
INFO = BuildInfo(
    wheel="SQLAlchemy-1.3.18-cp37-cp37m-linux_x86_64.whl",
    sha256="0" * 64,
    size=1,
    inputs=(
        Input("SQLAlchemy-1.3.18.tar.gz", "1" * 64),
        Input("bin/setuptools.installed", "2" * 64, "setuptools-56.2.0-py3-none-any.whl"),
    ),
    recipe={"cc": {"c_flags": ["-O2", "-fPIC"]}, "allow_host_files": [], "label": "//:sqlalchemy", "cpus": 1},
    interpreter={
        "version": "3.7.3",
        "sysconfig": {"CFLAGS": DEBIAN, "LDSHARED": "gcc -shared", "BLDLIBRARY": "", "ABIFLAGS": "m"},
        "files": {"/usr/bin/python3.7": "3" * 64},
    },
    compiler={"version": "gcc 8.3.0", "files": {}},
    environment={"CC": "cc"},
    host_files={"programs": []},
    version="0.1.0",
    helper="4" * 64,
)


def changed(**own: Any) -> BuildInfo:
    assert INFO.interpreter is not None
    interpreter = {**INFO.interpreter, "sysconfig": {**INFO.interpreter["sysconfig"], **own}}
    return replace(INFO, interpreter=interpreter)


def lines(other: BuildInfo) -> list[str]:
    return [line.strip() for line in environment_report(INFO, other, ("old", "new")).splitlines()]


def test_the_same_environment_has_no_report() -> None:
    assert environment_report(INFO, INFO, ("old", "new")) == ""


def test_a_wheel_s_own_hash_is_no_environment() -> None:
    assert environment_report(INFO, replace(INFO, sha256="9" * 64, size=2), ("old", "new")) == ""


def test_flags_of_the_interpreter_are_told_word_by_word() -> None:
    """A team's own Python after Debian's: other flags, and its library linked in."""
    said = lines(changed(CFLAGS=OWN, LDSHARED="gcc -shared -L/opt/lib", BLDLIBRARY="-lpython3.7m"))
    assert said[0] == "old (A) and new (B) were built with other interpreter"
    (flags,) = (line for line in said if line.startswith("sysconfig: CFLAGS: "))
    only_a, only_b = flags.partition("only A: ")[2].split("; only B: ")
    assert only_a.split() == ["-O2", *HARDENED.split()]
    assert only_b.split() == ["-Wno-unused-result", "-Wsign-compare", "-O3"]
    assert "sysconfig: BLDLIBRARY: only B: -lpython3.7m" in said
    assert "sysconfig: LDSHARED: only B: -L/opt/lib" in said


def test_each_side_has_a_digest() -> None:
    said = lines(changed(CFLAGS=OWN))
    kind, _, digests = said[2].partition(": ")
    a, b = (words.split()[1] for words in digests.split(", "))
    assert kind == "interpreter"
    assert len(a) == len(b) == 16 and a != b


def test_another_build_requirement() -> None:
    newer = Input("bin/setuptools.installed", "5" * 64, "setuptools-57.0.0-py3-none-any.whl")
    said = lines(replace(INFO, inputs=(INFO.inputs[0], newer)))
    assert said[0].endswith("were built with other build requirements")
    assert said[-1] == (
        "setuptools: A setuptools-56.2.0-py3-none-any.whl (sha256 2222222222222222), "
        "B setuptools-57.0.0-py3-none-any.whl (sha256 5555555555555555)"
    )


def with_flags(*flags: str) -> BuildInfo:
    return replace(INFO, recipe={**INFO.recipe, "cc": {"c_flags": list(flags)}})


@pytest.mark.parametrize(
    ("other", "kind", "line"),
    [
        (replace(INFO, compiler={"version": "gcc 9", "files": {}}), "compiler", "version: A gcc 8.3.0, B gcc 9"),
        (replace(INFO, compiler=None), "compiler", "version: A gcc 8.3.0, B has none"),
        (with_flags("-fPIC", "-O2"), "compiler flags", "c_flags: the same words in another order"),
        (with_flags("-O2"), "compiler flags", "c_flags: only A: -fPIC"),
        (replace(INFO, recipe={**INFO.recipe, "cpus": 2}), "attributes", "cpus: A 1, B 2"),
        (replace(INFO, environment={"CC": "cc", "X": "y"}), "variables", "X: A has none, B y"),
        (
            replace(INFO, host_files={"programs": ["/usr/bin/make"]}),
            "files of the machine",
            "programs: only B: /usr/bin/make",
        ),
        (replace(INFO, helper="5" * 64), "rules_sdist", f"sources: A {'4' * 64}, B {'5' * 64}"),
        (replace(INFO, inputs=INFO.inputs[1:]), "sources", f"SQLAlchemy-1.3.18.tar.gz: A {'1' * 64}, B has none"),
    ],
)
def test_each_part_is_named(other: BuildInfo, kind: str, line: str) -> None:
    said = lines(other)
    assert said[0] == f"old (A) and new (B) were built with other {kind}"
    assert line in said


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, info in (("a", INFO), ("b", changed(CFLAGS=OWN))):
        (tmp_path / f"{name}.json").write_text(info.text())
    a, b = str(tmp_path / "a.json"), str(tmp_path / "b.json")
    assert wheel_diff(["--environment", a, b]) == 1
    assert "sysconfig: CFLAGS: only A: " in capsys.readouterr().out
    assert wheel_diff(["--environment", a, a]) == 0
    assert capsys.readouterr().out == f"{a} and {a} tell of the same environment.\n"
    (tmp_path / "c.json").write_text("{}")
    with pytest.raises(UserError, match="is no build information"):
        wheel_diff(["--environment", a, str(tmp_path / "c.json")])


def test_the_report_of_two_wheels_says_where_to_look(tmp_path: Path) -> None:
    """Where their build information lies beside them."""
    a = make_wheel(tmp_path / "a", {"demo.py": "x = 1\n"})
    b = make_wheel(tmp_path / "b", {"demo.py": "x = 2\n"})
    assert "--environment" not in run(a, b).output
    for file in (a, b):
        Path(f"{file}.buildinfo.json").write_text(INFO.text())
    said = run(a, b).output
    assert said.endswith(
        f"\nIn what they were built with: wheel_diff --environment {a}.buildinfo.json {b}.buildinfo.json\n"
    )
    json.loads(run(a, b, "--json").output)
