"""Sites, and teams of members."""
