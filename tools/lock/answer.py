"""The part of `lock.ask` that sees what a backend sees."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from build_wheel import compilers
from build_wheel import environment as build_environment
from build_wheel.backend import Backend, BackendError
from build_wheel.fixed_machine import fixed_answers
from build_wheel.missing_files import missing_programs
from build_wheel.params import Native
from build_wheel.project import read_build_system
from build_wheel.requirements import installed_distributions, unsatisfied
from errors import UserError
from lock.ask import CPUS, NoAnswerError
from wheel_file.canonical import metadata_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from build_wheel.layout import Layout
    from lock.ask import Question

_NO_NATIVE = Native((), (), (), (), (), ())


def answer(where: Layout, question: Question, trees: Sequence[str]) -> int:
    """Asks a backend, and prints as JSON what it says; see `Answer`.

    Args:
        where: its directories; the sdist is unpacked there.
        question: what.
        trees: its build requirements, absolute or relative to the execution root.

    Returns:
        the exit code, 0 also where it failed: then that is the answer.
    """
    os.umask(0o022)
    tempfile.tempdir = str(where.root)
    try:
        told = _ask(where, question, trees)
    except NoAnswerError as error:
        told = {"no_answer": {"what": error.what, "where": error.where, "programs": error.programs}}
    except UserError as error:
        told = {"error": {"what": error.what, "where": error.where, "fix": error.fix}}
    json.dump(told, sys.stdout)
    return 0


def _ask(where: Layout, question: Question, trees: Sequence[str]) -> dict[str, Any]:
    source = where.source / question.source
    site_packages = build_environment.create(where, trees)
    compilers.write_wrappers(
        where, None, _NO_NATIVE, machine=platform.machine(), tags="py3-none-any", bundle="", audited=False
    )
    variables = build_environment.variables(where, tools={}, cpus=CPUS, own=question.env)
    watch = (lambda: fixed_answers(CPUS)) if question.machine else (lambda: None)
    backend = Backend(where, source, read_build_system(source), variables, watch)
    try:
        requires = backend.dynamic_requirements(question.config_settings) if question.requires else []
        complete = not unsatisfied(requires, installed_distributions(site_packages))
        requires_dist = None
        if complete and question.metadata:
            requires_dist = metadata_fields(backend.metadata(question.config_settings)).get("Requires-Dist", ())
    except BackendError as error:
        raise NoAnswerError(error.what, error.where, missing_programs(backend.output())) from error
    return {"requires": requires, "complete": complete, "requires_dist": requires_dist}
