"""What one can do with the second factor: set it up, show a code, take it away."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update

from gamekeeper.kernel.access.hint import ACCESS
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Conflict, Forbidden, NotFound, Unauthenticated
from gamekeeper.kernel.identity.events import (
    UserMfaDisabled,
    UserMfaEnabled,
    UserRecoveryCodesMade,
    UserRecoveryCodeUsed,
)
from gamekeeper.kernel.identity.keys import token_hash
from gamekeeper.kernel.identity.memberships import emit_everywhere
from gamekeeper.kernel.identity.mfa import totp
from gamekeeper.kernel.identity.mfa.models import MfaFactor, RecoveryCode
from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.identity.sessions.models import AuthSession
from gamekeeper.kernel.secrets import forget_global, open_global, seal_global

_PURPOSE = "authenticator"


class MfaRequired(Unauthenticated):
    """The password is right. Enter the code of your authenticator app, or a recovery code."""


class MfaCodeInvalid(Unauthenticated):
    """This code is wrong or was used before. Wait for the next one and try again."""


class MfaAlreadyEnabled(Conflict):
    """Two-step sign-in is set up already. Remove it first to set it up anew."""


class MfaNotStarted(NotFound):
    """Two-step sign-in is not set up. Begin the set-up first."""


class MfaObligatory(Forbidden):
    """An organization that you belong to requires two-step sign-in of you, so it cannot be removed."""


async def enabled(ctx: Context, user_id: UUID) -> bool:
    """Whether a person needs a code to sign in."""
    statement = select(MfaFactor.confirmed_at).where(MfaFactor.user_id == user_id)
    return await ctx.session.scalar(statement) is not None


async def state(ctx: Context, user_id: UUID) -> tuple[datetime | None, int]:
    """Since when the second factor is set up, and how many recovery codes are left."""
    confirmed = await ctx.session.scalar(select(MfaFactor.confirmed_at).where(MfaFactor.user_id == user_id))
    return confirmed, await _left(ctx, user_id)


async def start(ctx: Context, user: User) -> str:
    """A new secret for the person's app. It counts from the first code on that `complete` is shown.

    Raises MfaAlreadyEnabled.
    """
    factor = await ctx.session.get(MfaFactor, user.id, with_for_update=True)
    if factor is not None and factor.confirmed_at is not None:
        raise MfaAlreadyEnabled
    if factor is not None:
        await _forget(ctx, factor)
    secret = totp.new_secret()
    ctx.add(MfaFactor(user_id=user.id, secret_id=await seal_global(ctx, _PURPOSE, secret.encode())))
    return secret


async def complete(ctx: Context, user: User, session_id: UUID | None, code: str) -> list[str]:
    """Turn the second factor on with a first code. Returns the recovery codes, which nobody can read again.

    Raises MfaNotStarted, MfaAlreadyEnabled or MfaCodeInvalid.
    """
    factor = await _factor(ctx, user.id)
    if factor.confirmed_at is not None:
        raise MfaAlreadyEnabled
    await _take(ctx, factor, code.replace(" ", ""))
    factor.confirmed_at = ctx.now
    if session_id is not None:
        # This sign-in has just shown the factor; the others ask for it the next time.
        await ctx.session.execute(update(AuthSession).where(AuthSession.id == session_id).values(second_factor=True))
    codes = await _new_codes(ctx, user.id)
    await emit_everywhere(ctx, user.id, UserMfaEnabled(subject_id=user.id, subject_label=user.label))
    ctx.poke(ACCESS, str(user.id))
    return codes


async def renew_codes(ctx: Context, user: User, code: str) -> list[str]:
    """New recovery codes in place of all older ones. Raises MfaNotStarted or MfaCodeInvalid."""
    await check_code(ctx, user, code)
    codes = await _new_codes(ctx, user.id)
    await emit_everywhere(ctx, user.id, UserRecoveryCodesMade(subject_id=user.id, subject_label=user.label))
    return codes


async def remove(ctx: Context, user: User) -> None:
    """Take the second factor and its recovery codes away. Whether that is allowed is decided before."""
    factor = await ctx.session.get(MfaFactor, user.id, with_for_update=True)
    if factor is None:
        raise MfaNotStarted
    await _forget(ctx, factor)
    await ctx.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    # What a sign-in has shown is gone with it: where two steps are obligatory it stops here until there is a new one.
    await ctx.session.execute(update(AuthSession).where(AuthSession.user_id == user.id).values(second_factor=False))
    if factor.confirmed_at is not None:
        await emit_everywhere(ctx, user.id, UserMfaDisabled(subject_id=user.id, subject_label=user.label))
    ctx.poke(ACCESS, str(user.id))


async def check_code(ctx: Context, user: User, code: str) -> None:
    """Use up a code of the app or a recovery code. Raises MfaNotStarted or MfaCodeInvalid."""
    factor = await _factor(ctx, user.id)
    if factor.confirmed_at is None:
        raise MfaNotStarted
    plain = code.replace(" ", "")
    if totp.looks_like_code(plain):
        await _take(ctx, factor, plain)
        return
    used = (
        update(RecoveryCode)
        .where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
        .where(RecoveryCode.code_hash == token_hash(totp.plain_recovery_code(plain)))
        .values(used_at=ctx.now)
        .returning(RecoveryCode.user_id)
    )
    if await ctx.session.scalar(used) is None:
        raise MfaCodeInvalid
    left = await _left(ctx, user.id)
    await emit_everywhere(ctx, user.id, UserRecoveryCodeUsed(subject_id=user.id, subject_label=user.label, left=left))


async def _take(ctx: Context, factor: MfaFactor, code: str) -> None:
    if not totp.looks_like_code(code):
        raise MfaCodeInvalid
    secret = (await open_global(ctx, factor.secret_id, _PURPOSE)).decode()
    step = totp.matching_step(secret, code, ctx.now)
    if step is None or step <= factor.last_step:
        raise MfaCodeInvalid
    factor.last_step = step


async def _factor(ctx: Context, user_id: UUID) -> MfaFactor:
    factor = await ctx.session.get(MfaFactor, user_id, with_for_update=True)
    if factor is None:
        raise MfaNotStarted
    return factor


async def _forget(ctx: Context, factor: MfaFactor) -> None:
    await forget_global(ctx, factor.secret_id)
    await ctx.delete(factor)
    await ctx.flush()


async def _new_codes(ctx: Context, user_id: UUID) -> list[str]:
    await ctx.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = totp.new_recovery_codes()
    for code in codes:
        ctx.add(RecoveryCode(user_id=user_id, code_hash=token_hash(totp.plain_recovery_code(code))))
    return codes


async def _left(ctx: Context, user_id: UUID) -> int:
    statement = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return await ctx.session.scalar(statement) or 0
