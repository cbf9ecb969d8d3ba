"""Secrets: sealed with a key per record, which one master key wraps."""

from gamekeeper.kernel.secrets.service import forget, forget_global, open_global, open_secret, seal, seal_global

__all__ = ["forget", "forget_global", "open_global", "open_secret", "seal", "seal_global"]
