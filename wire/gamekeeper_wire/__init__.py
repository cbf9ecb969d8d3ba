"""What server and agents say to each other: frames, close codes, leases, limits."""
