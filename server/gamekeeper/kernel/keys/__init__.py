"""Keys: the master key, the envelopes that it seals, and the root of all keys for single purposes."""
