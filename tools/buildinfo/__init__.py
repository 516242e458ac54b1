"""Writes down what a wheel was built from, with and how."""
