"""Installs a wheel into a folder."""
