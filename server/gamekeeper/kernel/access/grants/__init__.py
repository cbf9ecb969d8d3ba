"""Permissions on one resource."""
