"""Secrets: sealed with a key per record, which one master key wraps."""
