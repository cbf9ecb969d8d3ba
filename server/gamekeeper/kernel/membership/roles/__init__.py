"""The organization's own roles."""
