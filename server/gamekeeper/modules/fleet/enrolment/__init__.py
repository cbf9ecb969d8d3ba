"""Becoming a device: claim tokens, approval, certificates and their renewal."""
