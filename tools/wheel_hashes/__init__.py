"""Records the hash of every wheel of a workspace, and compares."""
