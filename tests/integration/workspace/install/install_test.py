"""pip installs a wheel of ours into a plain virtual environment; pip and wheel accept its RECORD."""

import os
import pathlib
import subprocess
import sys

scratch = pathlib.Path(os.environ["TEST_TMPDIR"])
archive = pathlib.Path(sys.argv[1]).resolve()
assert archive.name.startswith("pyyaml-"), archive


def run(*command):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "RUNFILES"))}
    done = subprocess.run(command, capture_output=True, text=True, cwd=scratch, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


run(sys.executable, "-m", "venv", "venv")
python = str(scratch / "venv" / "bin" / "python")
run(python, "-m", "pip", "install", "--no-index", "--no-deps", str(archive))
run(python, "-m", "pip", "check")
assert "PyYAML" in run(python, "-m", "pip", "show", "--files", "pyyaml")
program = "import yaml; assert yaml.__with_libyaml__; print(yaml.load('a: [1, 2]', yaml.CSafeLoader))"
assert run(python, "-c", program).strip() == "{'a': [1, 2]}"
run(python, "-m", "pip", "uninstall", "-y", "pyyaml")

# `wheel unpack` compares every member with RECORD.
from wheel._commands import main  # noqa: E402

sys.argv = ["wheel", "unpack", "--dest", str(scratch), str(archive)]
assert not main()
assert (scratch / "pyyaml-6.0.3" / "yaml" / "__init__.py").is_file()
