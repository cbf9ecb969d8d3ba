"""Telling a seat's machine what it shall do now."""

from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.modules.fleet.public import push


def refresh(ctx: Context, device_id: UUID | None) -> None:
    """Have the machine told again, after the commit, which seat it is and whether it is open; now, or at its hello."""
    if device_id is not None:
        push(ctx, device_id)
