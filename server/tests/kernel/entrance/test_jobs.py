"""What of sign-ins is forgotten."""

from datetime import timedelta

from sqlalchemy import select

from gamekeeper.kernel.entrance.setup.models import SetupLink
from gamekeeper.kernel.housekeeping.jobs import sweep
from gamekeeper.kernel.identity.sessions.models import AuthSession, RefreshToken
from gamekeeper.kernel.identity.signin.models import SigninFailure
from gamekeeper.kernel.identity.users.models import PasswordReset
from tests.people import People


async def test_old_sign_ins_links_and_failures_are_forgotten_and_nothing_else(people: People) -> None:
    bea = await people.person("Bea", "staff")
    async with people.runtime.as_system(None) as ctx:
        over = await ctx.session.get_one(AuthSession, bea.session_id)
        over.expires_at = ctx.now - timedelta(days=people.runtime.settings.keep_signins_days + 1)
        old, new = ctx.now - timedelta(days=2), ctx.now + timedelta(hours=1)
        for key, when in (("old" + bea.id.hex, old), ("new" + bea.id.hex, ctx.now)):
            ctx.add(SigninFailure(key=key, failures=1, last_at=when))
        ctx.add(SetupLink(token_hash=bea.id.bytes, expires_at=old))
        ctx.add(PasswordReset(user_id=bea.id, token_hash=bea.id.bytes, expires_at=old))
        ctx.add(PasswordReset(user_id=people.ada.id, token_hash=people.ada.id.bytes, expires_at=new))
    await sweep(people.runtime)
    async with people.runtime.as_system(None) as ctx:
        sessions = await ctx.scalars(
            select(AuthSession.id).where(AuthSession.id.in_([bea.session_id, people.ada.session_id]))
        )
        tokens = await ctx.scalars(select(RefreshToken).where(RefreshToken.session_id == bea.session_id))
        failures = await ctx.scalars(select(SigninFailure.key).where(SigninFailure.key.endswith(bea.id.hex)))
        resets = await ctx.scalars(
            select(PasswordReset.user_id).where(PasswordReset.user_id.in_([bea.id, people.ada.id]))
        )
        links = await ctx.scalars(select(SetupLink).where(SetupLink.token_hash == bea.id.bytes))
    assert (sessions, tokens) == ([people.ada.session_id], [])
    assert failures == ["new" + bea.id.hex]
    assert (resets, links) == ([people.ada.id], [])
