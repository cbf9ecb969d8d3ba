"""The way in: from a credential to a caller, the first owner, and one's own account."""
