"""What an envelope is bound to, so that none can be put in another's place."""

from uuid import UUID

NOBODY = UUID(int=0)


def bound_to(organization_id: UUID | None, record_id: UUID, purpose: str) -> bytes:
    """The associated data of a secret: format, organization, record and purpose; only the last varies in length."""
    return b"gk1" + (organization_id or NOBODY).bytes + record_id.bytes + purpose.encode()
