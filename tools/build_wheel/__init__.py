"""Builds a wheel from an sdist or a source tree."""
