"""What `ask_sdist` asks: the part that sees what a backend sees."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from build_wheel.backend import Backend, BackendError
from build_wheel.backend_failure import Facts, advice, reason
from build_wheel.cc import install_wrappers
from build_wheel.environment.requirements import installed_distributions, unsatisfied
from build_wheel.environment.variables import variables
from build_wheel.environment.venv import create_venv
from build_wheel.lock_language import in_overrides
from build_wheel.params import Native
from build_wheel.question import CPUS, NoAnswerError
from common.errors import UserError
from formats.canonical_wheel import metadata_fields
from isolation.fixed_machine import fixed_answers
from source.project import read_build_system

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from build_wheel.question import Question
    from isolation.layout import Layout

_NO_NATIVE = Native((), (), (), (), (), ())


def answer(where: Layout, question: Question, trees: Sequence[str]) -> int:
    """Asks a backend, and prints as JSON what it says; see `Answer`.

    Args:
        where: its directories; the sdist is unpacked there.
        question: what.
        trees: its build requirements, absolute or relative to the execution root.

    Returns:
        the exit code, 0 also where it failed: then that is in the answer.
    """
    os.umask(0o022)
    tempfile.tempdir = str(where.root)
    try:
        told = _ask(where, question, trees)
    except UserError as error:
        told = {"error": {"what": error.what, "where": error.where, "fix": error.fix}}
    json.dump(told, sys.stdout)
    return 0


def _ask(where: Layout, question: Question, trees: Sequence[str]) -> dict[str, Any]:
    source = where.source / question.source
    site_packages = create_venv(where, trees)
    if question.compiler:
        install_wrappers.write_no_rust(where)
    else:
        install_wrappers.write_wrappers(where, None, _NO_NATIVE, tags="py3-none-any", bundle="", audited=False)
    environment = variables(where, tools={}, cpus=CPUS, own=question.env)
    watch = (lambda: fixed_answers(CPUS)) if question.machine else (lambda: None)
    backend = Backend(where, source, read_build_system(source), environment, watch)
    told: dict[str, Any] = {"requires": [], "complete": True, "metadata": None}
    try:
        if question.requires:
            told["requires"] = backend.dynamic_requirements(question.config_settings)
            told["complete"] = not unsatisfied(told["requires"], installed_distributions(site_packages))
        if told["complete"] and question.metadata:
            told["metadata"] = _metadata(backend.dist_info(question.config_settings))
    except BackendError as error:
        facts = Facts("", closed=bool(question.machine), allowed=question.allow_host_files)
        said = f"{backend.output()}\n{error.what}"
        lacks = [in_overrides(text) for text in advice(said, facts)]
        told["no_answer"] = {"what": error.what, "where": reason(said), "advice": lacks}
    except NoAnswerError as error:
        told["no_answer"] = {"what": error.what, "where": error.where, "advice": error.advice}
    return told


def _metadata(dist_info: Path) -> dict[str, Any]:
    try:
        fields = metadata_fields((dist_info / "METADATA").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise NoAnswerError(f"The backend's METADATA can't be read: {error}.", dist_info.name) from error
    return {
        "name": "".join(fields.get("Name", ())[:1]),
        "requires_dist": fields.get("Requires-Dist", []),
        "entry_points": (dist_info / "entry_points.txt").is_file(),
    }
