"""What the tests vary on every wheel; see ../../test_reproducibility.py."""

CPUS = 1
DATA = []
ENV = {}
