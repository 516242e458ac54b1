from __future__ import annotations

import argparse

import pytest

from common.bazel import add_bazel_options


@pytest.mark.parametrize(("bazelw", "program"), [(None, "bazel"), ("/checkout/bazelw", "/checkout/bazelw")])
def test_a_program_that_bazelw_runs_starts_that(
    monkeypatch: pytest.MonkeyPatch, bazelw: str | None, program: str
) -> None:
    monkeypatch.delenv("BAZELW", raising=False)
    if bazelw:
        monkeypatch.setenv("BAZELW", bazelw)
    parser = argparse.ArgumentParser()
    add_bazel_options(parser)
    assert parser.parse_args([]).bazel == program
    assert parser.parse_args(["--bazel", "mine"]).bazel == "mine"
