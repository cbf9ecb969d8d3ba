"""Signing in and out, and how failures are slowed down."""
