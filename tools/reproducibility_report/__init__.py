"""Runs all reproducibility tests of a workspace anew, and lists every wheel."""
