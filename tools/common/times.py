"""The time of every build."""

SOURCE_DATE_EPOCH = 315532800
"""1980-01-01, in seconds since 1970: zip can't go below it, and 0 crashes backends."""
