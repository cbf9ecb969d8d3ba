"""API tokens of members, for scripts and integrations."""
