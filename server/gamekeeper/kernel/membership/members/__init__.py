"""People in an organization, and what they may do there."""
