"""What a project has pinned already, in each format."""
