"""The version of rules_sdist, as MODULE.bazel has it."""

VERSION = "0.1.0"
