"""Runs the PEP 517 backend in a child process of its own, without a network."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import warnings
from typing import TYPE_CHECKING, Any

import pyproject_hooks

from build_wheel.backend_failure import network_advice
from build_wheel.checks import last_lines
from common.errors import UserError
from common.processes import end_with_parent
from isolation.debian import enter_debian
from isolation.network import can_leave_network, leave_network, network_is_off

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from isolation.layout import Layout
    from source.project import BuildSystem

_FAILURES = (
    subprocess.CalledProcessError,
    pyproject_hooks.BackendUnavailable,
    pyproject_hooks.HookMissing,
    FileNotFoundError,  # the hook's answer: the backend ended the process before it gave one, as by sys.exit(0)
)


_BUILD_FOLDER = ("builddir", "build-dir")  # the option's name in all releases of meson-python, and in newer ones


class BackendError(UserError):
    """A backend failed; `backend_failure.told` says what that means."""


class Backend:
    """A project's backend, ready to be called.

    Args:
        layout: the directories of this build.
        source: the source root.
        system: the project's build system.
        environment: the whole environment of the child.
        watch: prepares for one child; returns what that has to call before its own execve, or None.
    """

    def __init__(
        self,
        layout: Layout,
        source: Path,
        system: BuildSystem,
        environment: Mapping[str, str],
        watch: Callable[[], Callable[[], None] | None] = lambda: None,
    ) -> None:
        self._layout = layout
        self._source = source
        self._system = system
        self._environment = dict(environment)
        self._watch = watch
        self._log = layout.root / "log"
        self._shell: tuple[Path, str] | None = None
        self._enter = leave_network if not network_is_off() and can_leave_network() else None
        self._hooks = pyproject_hooks.BuildBackendHookCaller(
            str(source),
            system.backend,
            list(system.backend_path) or None,
            runner=self._run,
            python_executable=str(layout.environment / "bin" / "python"),
        )

    def build_wheel(self, config_settings: Mapping[str, Any]) -> list[Path]:
        """Calls `build_wheel`.

        Args:
            config_settings: passed on.

        Returns:
            all the wheels that lie in the output folder afterwards.

        Raises:
            BackendError: the backend failed.
        """
        settings = self._with_build_folder(config_settings)
        self._write_shell(self._call(settings))
        try:
            with _quiet():
                self._hooks.build_wheel(str(self._layout.wheels), settings)
        except _FAILURES as error:
            raise self._failure(error) from error
        return sorted(self._layout.wheels.glob("*.whl"))

    def _with_build_folder(self, config_settings: Mapping[str, Any]) -> dict[str, Any]:
        """Settings with a folder to build in, for meson-python: by default that has a random name in the source tree.

        scikit-build-core's is in TMPDIR by default, and that is ours.
        """
        if self._system.backend != "mesonpy" or not config_settings.keys().isdisjoint(_BUILD_FOLDER):
            return dict(config_settings)
        return {**config_settings, _BUILD_FOLDER[0]: str(self._layout.build_folder)}

    def dynamic_requirements(self, config_settings: Mapping[str, Any]) -> list[str]:
        """Calls `get_requires_for_build_wheel`.

        Args:
            config_settings: passed on.

        Returns:
            PEP 508 strings; [] where the backend has nothing to say.

        Raises:
            BackendError: the backend failed.
        """
        try:
            with _quiet():
                return list(self._hooks.get_requires_for_build_wheel(dict(config_settings)))
        except _FAILURES as error:
            raise self._failure(error) from error

    def dist_info(self, config_settings: Mapping[str, Any]) -> Path:
        """The `.dist-info` folder of the wheel to come; without a hook for that, by building it.

        Args:
            config_settings: passed on.

        Raises:
            BackendError: the backend failed.
        """
        try:
            with _quiet():
                folder = self._hooks.prepare_metadata_for_build_wheel(
                    str(self._layout.temporary), dict(config_settings), _allow_fallback=True
                )
            return self._layout.temporary / folder
        except (*_FAILURES, OSError) as error:
            raise self._failure(error) from error

    def output(self) -> str:
        """What the backend has printed."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def keep_shell(self, script: Path, label: str) -> None:
        """Has a script written, before the backend starts, that opens a shell with its environment in the source root.

        Args:
            script: the file.
            label: the target.
        """
        self._shell = script, label

    def _write_shell(self, call: str) -> None:
        if not self._shell:
            return
        script, label = self._shell
        self._shell = None  # the first call is the build
        assignments = [f"{key}={value}" for key, value in sorted(self._environment.items())]
        again = f"  To run the backend again:\n{call}"
        text = (
            f"#!/bin/sh\n# A shell in the build root of {label}, with the backend's environment.\n"
            f"{enter_debian()}cd {shlex.quote(str(self._source))} || exit 1\n"
            f"printf '%s\\n' {shlex.quote(again)}\n"
            f"exec env -i {shlex.join(assignments)} /bin/sh\n"
        )
        script.write_text(text, encoding="utf-8")
        script.chmod(0o755)

    def _call(self, config_settings: Mapping[str, Any]) -> str:
        """A command that does what `build_wheel` does."""
        module, _, name = self._system.backend.partition(":")
        backend = f"backend.{name}" if name else "backend"
        code = (
            f"import sys; sys.path[:1] = {json.dumps(self._system.backend_path)}; import {module} as backend; "
            f"{backend}.build_wheel({json.dumps(str(self._layout.wheels))}, {json.dumps(config_settings)})"
        )
        return f"    python -c {shlex.quote(code)}"

    def _run(self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        steps = [step for step in (self._enter, self._watch()) if step]
        parent = os.getpid()

        def enter() -> None:
            for step in steps:
                step()
            end_with_parent(parent, signal.SIGKILL)  # last: what changes credentials resets it

        with self._log.open("ab") as log:
            subprocess.run(
                cmd,
                cwd=cwd,
                env={**self._environment, **(extra_environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=True,
                preexec_fn=enter,
            )

    def _failure(self, error: Exception) -> BackendError:
        output = self.output()
        detail = "" if isinstance(error, subprocess.CalledProcessError) else f": {error}"
        if isinstance(error, FileNotFoundError):
            detail = ": it ended its process before it had made a wheel"
        text = last_lines(output) or str(getattr(error, "traceback", None) or "").rstrip()
        asked = (
            " tried to use the network, which is blocked in a build" if network_advice(output) else f" failed{detail}"
        )
        return BackendError(f"The backend {self._system.backend}{asked}:\n{text}", where="", fix="")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the backend's own warnings, which pyproject_hooks hands on: it did succeed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
