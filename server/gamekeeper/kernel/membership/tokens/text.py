"""Tokens that name their organization, so that nobody has to search in all of them."""

import base64
import binascii
import secrets
from uuid import UUID

PREFIX = "gkt_"
INVITATION_PREFIX = "gki_"
_SECRET_BYTES = 32


def new_text(prefix: str, organization_id: UUID) -> str:
    """`prefix`, then the organization's id and 256 random bits in base64url: 64 characters."""
    return prefix + base64.urlsafe_b64encode(organization_id.bytes + secrets.token_bytes(_SECRET_BYTES)).decode()


def organization_of(text: str) -> UUID | None:
    """The organization that a token names; None where it cannot be one. Says nothing about its being valid."""
    try:
        content = base64.b64decode(text[4:], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return UUID(bytes=content[:16]) if len(content) == 16 + _SECRET_BYTES else None
