"""What one can do with sign-ins: begin, refresh, list and end them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select

from gamekeeper.kernel.access.hint import ACCESS
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import NotFound
from gamekeeper.kernel.identity.events import SigninEnded, SigninReused
from gamekeeper.kernel.identity.keys import new_token, token_hash
from gamekeeper.kernel.identity.memberships import emit_everywhere
from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.identity.people import as_actor
from gamekeeper.kernel.identity.sessions.models import LIFETIME, AuthSession, End, Refreshing, RefreshToken

_LONGEST_USER_AGENT = 300


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A sign-in that goes on, with the refresh token for the next time."""

    user: User
    session: AuthSession
    refresh_token: str


async def begin(ctx: Context, user: User, user_agent: str, *, second_factor: bool) -> Refreshed:
    """Begin a sign-in of a person who has proven who they are."""
    session = AuthSession(
        user_id=user.id,
        ip=ctx.request.ip,
        user_agent=user_agent[:_LONGEST_USER_AGENT],
        second_factor=second_factor,
        advanced_at=ctx.now,
        last_used_at=ctx.now,
        expires_at=ctx.now + LIFETIME,
    )
    ctx.add(session)
    await ctx.flush()
    return Refreshed(user, session, _next_token(ctx, session))


async def refresh(ctx: Context, token: str, user_agent: str, *, browser: bool) -> Refreshed | None:
    """Exchange a refresh token for the next one; None when its sign-in is over. `browser`: a page of ours sent it.

    A token that must be a copy (see AuthSession) ends the sign-in: that is why this returns and does not raise.
    """
    shown = await ctx.session.get(RefreshToken, token_hash(token))
    if shown is None:
        return None
    session = await _locked(ctx, shown.session_id)
    verdict = session.judge(shown.generation, ctx.now, browser=browser)
    if verdict is Refreshing.REUSED:
        await _end(ctx, session, End.REUSED)
    if verdict in {Refreshing.REUSED, Refreshing.EXPIRED}:
        return None
    if verdict is Refreshing.ROTATE:
        session.advance(ctx.now)
    session.use(ctx.request.ip, user_agent[:_LONGEST_USER_AGENT], ctx.now)
    stale = RefreshToken.session_id == session.id, RefreshToken.expires_at < ctx.now
    await ctx.session.execute(delete(RefreshToken).where(*stale))
    user = await ctx.session.get_one(User, session.user_id)
    return Refreshed(user, session, _next_token(ctx, session))


async def end_by_token(ctx: Context, token: str) -> None:
    """Sign out whoever holds this refresh token; unknown and old ones are over already."""
    shown = await ctx.session.get(RefreshToken, token_hash(token))
    if shown is not None:
        session = await _locked(ctx, shown.session_id)
        ctx.who = as_actor(await ctx.session.get_one(User, session.user_id))
        await _end(ctx, session, End.SIGNED_OUT)


async def end(ctx: Context, user_id: UUID, session_id: UUID, reason: End) -> None:
    """End one sign-in of a person. Raises NotFound where it is somebody else's or none."""
    session = await ctx.session.get(AuthSession, session_id, with_for_update=True)
    if session is None or session.user_id != user_id:
        raise NotFound(kind="session", id=str(session_id))
    await _end(ctx, session, reason)


async def end_all(ctx: Context, user_id: UUID, reason: End, keep: UUID | None = None) -> None:
    """End all sign-ins of a person, except `keep`."""
    statement = select(AuthSession).where(
        AuthSession.user_id == user_id, AuthSession.ended_at.is_(None), AuthSession.expires_at > ctx.now
    )
    for session in await ctx.scalars(statement.order_by(AuthSession.id).with_for_update()):
        if session.id != keep:
            await _end(ctx, session, reason)


async def listed(ctx: Context, user_id: UUID) -> Sequence[AuthSession]:
    """A person's sign-ins that still hold, the last used first."""
    statement = select(AuthSession).where(
        AuthSession.user_id == user_id, AuthSession.ended_at.is_(None), AuthSession.expires_at > ctx.now
    )
    return await ctx.scalars(statement.order_by(AuthSession.last_used_at.desc()).limit(200))


async def _locked(ctx: Context, session_id: UUID) -> AuthSession:
    return await ctx.session.get_one(AuthSession, session_id, with_for_update=True)


async def _end(ctx: Context, session: AuthSession, reason: End) -> None:
    if not session.end(reason, ctx.now):
        return
    user = await ctx.session.get_one(User, session.user_id)
    kind = SigninReused if reason is End.REUSED else SigninEnded
    facts = {} if reason is End.REUSED else {"reason": reason.value}
    event = kind.model_validate({"subject_id": user.id, "subject_label": user.label, "session_id": session.id, **facts})
    await emit_everywhere(ctx, user.id, event)
    ctx.poke(ACCESS, str(session.id))


def _next_token(ctx: Context, session: AuthSession) -> str:
    token = new_token("gkr_")
    ctx.add(
        RefreshToken(
            token_hash=token_hash(token),
            session_id=session.id,
            generation=session.generation,
            expires_at=session.expires_at,
        )
    )
    return token
