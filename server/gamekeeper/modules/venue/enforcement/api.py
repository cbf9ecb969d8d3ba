"""The key that leases are signed with."""

from fastapi import APIRouter
from pydantic import BaseModel

from gamekeeper.kernel.http import Ctx
from gamekeeper.modules.venue.enforcement import keys

router = APIRouter(prefix="/api/v1/lease-keys", tags=["leases"])


class LeaseKeyOut(BaseModel):
    """The public name of the key that signs now."""

    key_id: str


@router.post("", status_code=201)
async def rotate(ctx: Ctx) -> LeaseKeyOut:
    """Sign leases with a new key; seats are told at once, and believe the old one for another day."""
    return LeaseKeyOut(key_id=(await keys.rotate(ctx)).key_id)
