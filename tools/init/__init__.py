"""Brings a workspace from its pinned requirements to wheels that are built from source."""
