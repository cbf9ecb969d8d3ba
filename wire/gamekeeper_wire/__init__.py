"""The frames and leases that pass between a server and its agents."""
