"""What happens to a session at an exact time."""

from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.jobs import job
from gamekeeper.modules.venue.sessions import ending


@job(key="session:{session_id}")
async def expire(ctx: Context, *, session_id: UUID) -> None:
    """End a session whose time is over. One that was extended meanwhile has a later job of its own."""
    await ending.expire(ctx, session_id)


@job(key="session:{session_id}")
async def announce(ctx: Context, *, session_id: UUID) -> None:
    """Say that a session is about to end."""
    await ending.announce(ctx, session_id)
