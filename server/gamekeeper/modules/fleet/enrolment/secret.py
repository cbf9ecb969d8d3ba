"""Texts that stand for a right, claim tokens and poll secrets: they carry their organization and are kept hashed."""

import base64
import binascii
import hashlib
import secrets
from typing import NamedTuple
from uuid import UUID

CLAIM = "gkc_"
POLL = "gkp_"
_SECRET = 32
_ORGANIZATION = 16


class Carried(NamedTuple):
    """What a text says: whose it is, and the hash by which its row is found."""

    organization_id: UUID
    hash: str


def make(prefix: str, organization_id: UUID, fingerprint: str = "") -> tuple[str, str]:
    """A new text and its hash. `fingerprint` (hexadecimal) lets an agent check whom it has reached."""
    secret = secrets.token_bytes(_SECRET)
    body = base64.urlsafe_b64encode(organization_id.bytes + secret).decode()
    return f"{prefix}{body}" + (f".{fingerprint}" if fingerprint else ""), _hash(secret)


def read(prefix: str, text: str) -> Carried | None:
    """What a text carries; None when it is not one of ours at all."""
    body = text.removeprefix(prefix).partition(".")[0]
    if not text.startswith(prefix) or len(body) != (_ORGANIZATION + _SECRET) * 4 // 3:
        return None
    try:
        raw = base64.b64decode(body, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return Carried(UUID(bytes=raw[:_ORGANIZATION]), _hash(raw[_ORGANIZATION:]))


def _hash(secret: bytes) -> str:
    # 32 random bytes need no slow hash: there is nothing to guess.
    return hashlib.sha256(secret).hexdigest()
