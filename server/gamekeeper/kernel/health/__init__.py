"""Whether this process is alive, what of it is not ready, and its measurements."""
