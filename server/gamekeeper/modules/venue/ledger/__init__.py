"""Money: an append-only double entry that the database itself keeps balanced."""
