"""Which file each requirement gets, and what it needs."""
