"""Builds a wheel again under other conditions, compares the bytes, and says what made them differ."""
