"""Who is connected, since when, and why not."""
