"""Forgetting what nobody needs any more: sign-ins long over, links that have expired, old failures."""

from datetime import timedelta

from sqlalchemy import delete, or_

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.entrance.setup.models import SetupLink
from gamekeeper.kernel.identity.reset.models import PasswordReset
from gamekeeper.kernel.identity.sessions.models import AuthSession
from gamekeeper.kernel.identity.signin.models import SigninFailure
from gamekeeper.kernel.jobs import every

KEPT = timedelta(days=30)
"""How long an ended sign-in is kept: from its address, the owner of an account is known."""


@every("17 3 * * *")
async def forget_old_signins(ctx: Context) -> None:
    """Forget old sign-ins."""
    past = ctx.now - KEPT
    over = or_(AuthSession.ended_at < past, AuthSession.expires_at < past)
    await ctx.session.execute(delete(AuthSession).where(over))
    await ctx.session.execute(delete(SetupLink).where(SetupLink.expires_at < ctx.now))
    await ctx.session.execute(delete(PasswordReset).where(PasswordReset.expires_at < ctx.now))
    await ctx.session.execute(delete(SigninFailure).where(SigninFailure.last_at < ctx.now - timedelta(days=1)))
