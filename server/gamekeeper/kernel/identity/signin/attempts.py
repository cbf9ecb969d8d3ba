"""Counting attempts before they are looked at, so that many at once cannot slip past the count."""

import hashlib
import hmac
from datetime import timedelta

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import TooManyRequests
from gamekeeper.kernel.identity.keys import derived
from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.identity.sessions.models import AuthSession
from gamekeeper.kernel.identity.signin.models import ACCOUNT, ADDRESS, FORGET, PAIR, Brake, SigninFailure


class TooManyAttempts(TooManyRequests):
    """Too many failed attempts. Wait as long as Retry-After says and try again."""


async def charge(ctx: Context, email: str) -> None:
    """Count an attempt on the account of `email` as failed, until `forgive` takes it back.

    Raises TooManyAttempts, and counts nothing, while the address or the account must wait: whoever hammers on in
    the meantime does not make it longer. Whether the account exists changes neither the work nor the answer.
    """
    brakes = _brakes(ctx, email)
    # Rows first, then one lock in one order: two attempts at once are counted one after the other.
    await ctx.session.execute(
        insert(SigninFailure)
        .values([{"key": key, "failures": 0, "last_at": ctx.now} for key in brakes])
        .on_conflict_do_nothing()
    )
    locked = select(SigninFailure).where(SigninFailure.key.in_(brakes)).order_by(SigninFailure.key).with_for_update()
    rows: dict[str, SigninFailure] = {row.key: row for row in await ctx.scalars(locked)}
    known = await _known_address(ctx, email)
    longest = timedelta(0)
    for key, brake in brakes.items():
        if brake is ACCOUNT and known:
            continue
        longest = max(longest, brake.wait(rows[key].failures, rows[key].last_at, ctx.now))
    if longest > timedelta(0):
        seconds = int(longest.total_seconds()) + 1
        raise TooManyAttempts(retry_after=seconds)
    forgotten = SigninFailure.last_at <= ctx.now - FORGET
    await ctx.session.execute(
        update(SigninFailure)
        .where(SigninFailure.key.in_(brakes))
        .values(failures=case((forgotten, 1), else_=SigninFailure.failures + 1), last_at=ctx.now)
        .execution_options(synchronize_session=False)
    )
    old = delete(SigninFailure).where(SigninFailure.last_at < ctx.now - 24 * FORGET)
    await ctx.session.execute(old.execution_options(synchronize_session=False))


async def forgive(ctx: Context, email: str) -> int:
    """Take a charge back after a success. Returns how many attempts on the account had failed before."""
    brakes = _brakes(ctx, email)
    account = next(key for key, brake in brakes.items() if brake is ACCOUNT)
    failures: int = await ctx.session.scalar(select(SigninFailure.failures).where(SigninFailure.key == account)) or 1
    mine = [key for key, brake in brakes.items() if brake is not ADDRESS]
    await ctx.session.execute(delete(SigninFailure).where(SigninFailure.key.in_(mine)))
    address = next(key for key, brake in brakes.items() if brake is ADDRESS)
    await ctx.session.execute(
        update(SigninFailure)
        .where(SigninFailure.key == address, SigninFailure.failures > 0)
        .values(failures=SigninFailure.failures - 1)
    )
    return failures - 1


def _brakes(ctx: Context, email: str) -> dict[str, Brake]:
    secret = derived(ctx.runtime.master_key, "failed sign-ins")

    def key(*parts: str) -> str:
        return hmac.new(secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()

    ip = ctx.request.ip
    return {key("pair", email, ip): PAIR, key("address", ip): ADDRESS, key("account", email): ACCOUNT}


async def _known_address(ctx: Context, email: str) -> bool:
    statement = (
        select(AuthSession.id)
        .join(User, User.id == AuthSession.user_id)
        .where(User.email == email, AuthSession.ip == ctx.request.ip)
        .limit(1)
    )
    return await ctx.session.scalar(statement) is not None
