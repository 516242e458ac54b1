"""Compilers: wrappers, flags, libraries."""
