"""Counting attempts before they are looked at, so that many at once cannot slip past the count."""

import hashlib
import hmac
from datetime import timedelta

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import TooManyRequests
from gamekeeper.kernel.identity.signin.models import ACCOUNT, ADDRESS, FORGET, PAIR, Brake, SigninFailure
from gamekeeper.kernel.keys.derived import derived
from gamekeeper.kernel.limits import neighborhood


class TooManyAttempts(TooManyRequests):
    """Too many failed attempts. Wait as long as Retry-After says and try again."""


async def charge(ctx: Context, email: str, device: str | None = None) -> None:
    """Count an attempt on the account of `email` as failed, until `forgive` or `take_back` says otherwise.

    `device` is where this account has been signed in to before: it is counted by itself, so that whoever fails
    elsewhere, even behind the same address, cannot keep the owner out.

    Raises TooManyAttempts, and counts nothing, while there is a time to wait: whoever hammers on in the meantime does
    not make it longer. Whether the account exists changes neither the work nor the answer.
    """
    brakes = _brakes(ctx, email, device)
    # Rows first, then one lock in one order: two attempts at once are counted one after the other.
    await ctx.session.execute(
        insert(SigninFailure)
        .values([{"key": key, "failures": 0, "last_at": ctx.now} for key in brakes])
        .on_conflict_do_nothing()
    )
    locked = select(SigninFailure).where(SigninFailure.key.in_(brakes)).order_by(SigninFailure.key).with_for_update()
    longest = timedelta(0)
    for row in await ctx.scalars(locked):
        longest = max(longest, brakes[row.key].wait(row.failures, row.last_at, ctx.now))
    if longest > timedelta(0):
        raise TooManyAttempts(retry_after=int(longest.total_seconds()) + 1)
    forgotten = SigninFailure.last_at <= ctx.now - FORGET
    await ctx.session.execute(
        update(SigninFailure)
        .where(SigninFailure.key.in_(brakes))
        .values(failures=case((forgotten, 1), else_=SigninFailure.failures + 1), last_at=ctx.now)
        .execution_options(synchronize_session=False)
    )


async def take_back(ctx: Context, email: str, device: str | None = None) -> None:
    """Take one charge back: what was proven is right, but it is not all that it takes. Earlier failures stay."""
    await _lower(ctx, list(_brakes(ctx, email, device)))


async def forgive(ctx: Context, email: str, device: str | None = None) -> int:
    """Forget the failures on an account after a success. Returns how many attempts on it had failed before."""
    brakes = {**_brakes(ctx, email, None), **_brakes(ctx, email, device)}
    counted = [key for key, brake in brakes.items() if brake is ACCOUNT or (device and brake is PAIR)]
    rows = await ctx.scalars(select(SigninFailure).where(SigninFailure.key.in_(counted)))
    mine = [key for key, brake in brakes.items() if brake is not ADDRESS]
    await ctx.session.execute(
        delete(SigninFailure).where(SigninFailure.key.in_(mine)).execution_options(synchronize_session=False)
    )
    if device is None:
        await _lower(ctx, [key for key, brake in brakes.items() if brake is ADDRESS])
    return max(0, sum(row.failures for row in rows) - 1)


async def _lower(ctx: Context, keys: list[str]) -> None:
    await ctx.session.execute(
        update(SigninFailure)
        .where(SigninFailure.key.in_(keys), SigninFailure.failures > 0)
        .values(failures=SigninFailure.failures - 1)
        .execution_options(synchronize_session=False)
    )


def _brakes(ctx: Context, email: str, device: str | None) -> dict[str, Brake]:
    secret = derived(ctx.runtime.root_key, "failed sign-ins")

    def key(*parts: str) -> str:
        return hmac.new(secret, "\n".join(parts).encode(), hashlib.sha256).hexdigest()

    if device is not None:
        return {key("device", email, device): PAIR}
    ip = neighborhood(ctx.request.ip)
    return {key("pair", email, ip): PAIR, key("address", ip): ADDRESS, key("account", email): ACCOUNT}
