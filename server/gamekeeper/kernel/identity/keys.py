"""Random tokens, and the hashes of them that the database keeps."""

import hashlib
import secrets


def new_token(prefix: str) -> str:
    """A token with 256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What the database keeps of a random token. Unguessable text needs neither salt nor a slow hash."""
    return hashlib.sha256(token.encode()).digest()
