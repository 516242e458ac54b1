"""Imports every distribution of requirements_lock.txt, and looks at what is installed."""

import importlib
import importlib.metadata
import pathlib
import re

# Where a distribution's package is not called like it.
NAMES = {
    "antlr4-python3-runtime": "antlr4",
    "attrs": "attr",
    "markdown-it-py": "markdown_it",
    "odfpy": "odf",
    "python-dateutil": "dateutil",
    "pyyaml": "yaml",
    "sgmllib3k": "sgmllib",
}

text = (pathlib.Path(__file__).parent / "requirements_lock.txt").read_text()
pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))
assert len(pinned) >= 30, len(pinned)
for name, version in pinned.items():
    module = importlib.import_module(NAMES.get(name, name.replace("-", "_")))
    distribution = importlib.metadata.distribution(name)
    assert distribution.version == version, (name, distribution.version)
    # RECORD is complete, also for what was built.
    assert any(file.name == "METADATA" for file in distribution.files or ()), name
    assert all(distribution.locate_file(file).exists() for file in distribution.files), name

import yaml  # noqa: E402

assert yaml.__with_libyaml__ is False  # nothing of the host's got in
