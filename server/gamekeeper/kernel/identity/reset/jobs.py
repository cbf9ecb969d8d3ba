"""Mailing the links, away from the request: how long that takes must not tell whether there is an account."""

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.identity.reset.service import send_link
from gamekeeper.kernel.jobs import job


@job(retries=2)
async def send_reset(ctx: Context, *, email: str) -> None:
    """Mail a link for a new password."""
    await send_link(ctx, email)
