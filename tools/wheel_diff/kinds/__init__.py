"""One comparison for each kind of member."""
