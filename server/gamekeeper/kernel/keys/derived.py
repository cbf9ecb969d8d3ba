"""Keys for single purposes, derived from one."""

from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@lru_cache(maxsize=64)
def derived(master_key: bytes, purpose: str) -> bytes:
    """32 bytes that only serve `purpose`; another purpose, or another master key, gives unrelated ones."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"gamekeeper {purpose}".encode()).derive(master_key)
