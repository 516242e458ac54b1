"""The action that writes build information."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from actions import build_params
from archives import TOOLS, make_wheel

from buildinfo.record import RecordParams

if TYPE_CHECKING:
    from pathlib import Path


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "params.json").write_text(json.dumps(dataclasses.asdict(build_params())))
    make_wheel(tmp_path, {"demo.py": ""})
    (tmp_path / "host_files.json").write_text("[]")
    zipfile.ZipFile(tmp_path / "helper.zip", "w").close()
    wheel = "demo-1.0-py3-none-any.whl"
    params = RecordParams(
        "params.json", "helper.zip", wheel, {}, (), {}, "host_files.json", "1", "urn:x", "/dev/full", "/dev/full"
    )
    (tmp_path / "record.json").write_text(json.dumps(dataclasses.asdict(params)))
    program = (
        "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_module('buildinfo', run_name='__main__')"
    )
    line = [sys.executable, "-c", program, str(TOOLS), "buildinfo", "record.json"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ERROR: The disk is full" in done.stderr
    assert "Traceback" not in done.stderr
