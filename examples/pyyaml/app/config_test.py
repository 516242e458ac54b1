"""Uses PyYAML as an application would: through its C loader, and with its metadata."""

import importlib.metadata

import yaml

assert yaml.__with_libyaml__
assert yaml.load("servers: [alpha, beta]", Loader=yaml.CSafeLoader) == {"servers": ["alpha", "beta"]}
assert importlib.metadata.version("PyYAML") == yaml.__version__

files = {str(file) for file in importlib.metadata.files("PyYAML") or []}
assert "yaml/__init__.py" in files, files
assert all(file.locate().exists() for file in importlib.metadata.files("PyYAML") or [])
