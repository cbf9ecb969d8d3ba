"""The doors of the organization itself."""
