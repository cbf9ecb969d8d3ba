"""The second factor: one-time codes from a phone, and recovery codes."""
