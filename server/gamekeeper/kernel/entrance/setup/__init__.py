"""The first owner of a fresh installation."""
