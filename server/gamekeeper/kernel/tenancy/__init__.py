"""Organizations, their sites and teams."""
