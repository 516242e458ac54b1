"""Which crates an sdist's build needs."""
