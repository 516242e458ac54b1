"""From an sdist to a source tree."""
