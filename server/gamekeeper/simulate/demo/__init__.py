"""One organization, clearly marked as a demo, that looks like a venue in the middle of its day."""
