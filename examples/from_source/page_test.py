"""A test under a pytest that was built from source, with all that it took to build it."""

import importlib.metadata
import json
import re
import sys
from pathlib import Path

import jinja2
import markupsafe
import pytest
import yaml


@pytest.mark.parametrize(("text", "expected"), [("name: you", "Hello you"), ("name: <you>", "Hello &lt;you&gt;")])
def test_page(text: str, expected: str) -> None:
    values = yaml.load(text, Loader=yaml.CSafeLoader)
    assert jinja2.Environment(autoescape=True).from_string("Hello {{ name }}").render(values) == expected


def test_everything_came_from_source() -> None:
    """The lock names no wheel, and each distribution that this test imports is one of its sdists."""
    lock = json.loads(Path(__file__).with_name("sdists.lock.json").read_text())
    assert lock["wheels"] == lock["build_files"] == []
    locked = {item["distribution"]: item["version"] for item in lock["sdists"]}
    installed = {
        re.sub(r"[-_.]+", "-", found.name).lower(): found.version
        for found in importlib.metadata.distributions()
        if (found.read_text("INSTALLER") or "") == "rules_sdist\n"
    }
    assert {"jinja2", "markupsafe", "packaging", "pluggy", "pygments", "pytest", "pyyaml", "wheel"} <= set(installed)
    assert installed.items() <= locked.items()


def test_c_extensions_are_there() -> None:
    assert yaml.__with_libyaml__
    assert markupsafe._escape_inner.__module__ == "markupsafe._speedups"


if __name__ == "__main__":
    sys.exit(pytest.main(["-p", "no:cacheprovider", __file__]))
