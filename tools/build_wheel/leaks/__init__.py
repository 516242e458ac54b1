"""Search for what a wheel tells of its build."""
