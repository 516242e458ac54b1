"""Builds a wheel again, without Bazel, from its build information, and compares."""
