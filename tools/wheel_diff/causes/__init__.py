"""One file for each kind of cause that shows in what differs."""
