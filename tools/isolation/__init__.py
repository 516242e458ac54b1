"""What a build can see: the closed root and its fixed machine."""
