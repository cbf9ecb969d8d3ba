"""Keys for single purposes, derived from the master key, and hashes of random tokens."""

import hashlib
import secrets
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@lru_cache(maxsize=64)
def derived(master_key: bytes, purpose: str) -> bytes:
    """32 bytes that only serve `purpose`; another purpose, or another master key, gives unrelated ones."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"gamekeeper {purpose}".encode()).derive(master_key)


def new_token(prefix: str) -> str:
    """A token with 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What the database keeps of a random token. Unguessable text needs neither salt nor a slow hash."""
    return hashlib.sha256(token.encode()).digest()
