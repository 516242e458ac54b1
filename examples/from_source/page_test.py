"""A test under a pytest that was built from source, with all that it took to build it."""

import importlib.metadata
import sys

import jinja2
import markupsafe
import pytest
import yaml


@pytest.mark.parametrize(("text", "expected"), [("name: you", "Hello you"), ("name: <you>", "Hello &lt;you&gt;")])
def test_page(text: str, expected: str) -> None:
    values = yaml.load(text, Loader=yaml.CSafeLoader)
    assert jinja2.Environment(autoescape=True).from_string("Hello {{ name }}").render(values) == expected


def test_everything_came_from_source() -> None:
    for name in ("jinja2", "packaging", "pluggy", "pygments", "pytest", "wheel"):
        assert importlib.metadata.distribution(name).read_text("INSTALLER") == "rules_sdist\n"


def test_c_extensions_are_there() -> None:
    assert yaml.__with_libyaml__
    assert markupsafe._escape_inner.__module__ == "markupsafe._speedups"


if __name__ == "__main__":
    sys.exit(pytest.main(["-p", "no:cacheprovider", __file__]))
