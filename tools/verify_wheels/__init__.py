"""Verifies a folder of wheels against signed hashes."""
