"""Reads wheels and writes them canonically."""
