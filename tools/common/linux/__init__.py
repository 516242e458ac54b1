"""Linux's system calls."""
