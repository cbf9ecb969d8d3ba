"""What happens to a session at an exact time."""

from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.jobs import Errand, errand, every, job
from gamekeeper.modules.venue.sessions import ending, sweep


@job(key="session:{session_id}", single=True)
async def expire(ctx: Context, *, session_id: UUID) -> None:
    """End a session whose time is over."""
    again = await ending.expire(ctx, session_id)
    if again is not None:
        await expire.later(ctx, at=again, session_id=session_id)


@job(key="session:{session_id}", single=True)
async def announce(ctx: Context, *, session_id: UUID) -> None:
    """Say that a session is about to end."""
    again = await ending.announce(ctx, session_id)
    if again is not None:
        await announce.later(ctx, at=again, session_id=session_id)


@every("* * * * *")
@errand
async def end_what_is_over(errand: Errand) -> None:
    """End every session whose time is over.

    Whatever became of their own jobs.
    """
    await sweep.end_what_is_over(errand.runtime)
