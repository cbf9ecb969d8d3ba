"""Signing in: steps with a transaction of their own, so that no connection waits while a password is hashed."""

from datetime import datetime

from gamekeeper.kernel.caller import Authenticated, RequestFacts
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Unauthenticated
from gamekeeper.kernel.identity import passwords
from gamekeeper.kernel.identity.events import SigninStarted
from gamekeeper.kernel.identity.memberships import emit_everywhere
from gamekeeper.kernel.identity.mfa.service import MfaRequired, check_code, enabled
from gamekeeper.kernel.identity.models import User, normalized
from gamekeeper.kernel.identity.sessions.devices import described
from gamekeeper.kernel.identity.sessions.service import Refreshed, begin
from gamekeeper.kernel.identity.signin.attempts import charge, forgive
from gamekeeper.kernel.identity.users import service as users
from gamekeeper.kernel.runtime import Runtime


class BadCredentials(Unauthenticated):
    """The e-mail address or the password is wrong."""


async def sign_in(
    runtime: Runtime, facts: RequestFacts, user_agent: str, email: str, password: str, code: str | None
) -> Refreshed:
    """Sign a person in. Raises BadCredentials, MfaRequired, MfaCodeInvalid, TooManyAttempts or SignInBusy.

    Up to the answer BadCredentials the same is done whether or not there is such an account.
    """
    user = await prove(runtime, facts, email, password)
    renewed = await passwords.hashed(password) if passwords.outdated(user.password_hash) else None
    who = users.as_actor(user)
    try:
        async with runtime.context(who, facts) as ctx:
            return await _admit(ctx, user, user_agent, code, renewed)
    except MfaRequired:
        # The password was right: asking for the code is not a failure.
        async with runtime.context(who, facts) as ctx:
            await forgive(ctx, user.email)
        raise


async def prove(runtime: Runtime, facts: RequestFacts, email: str, password: str) -> User:
    """The account that e-mail and password belong to, as it was read; the attempt stays charged.

    Raises BadCredentials or TooManyAttempts.
    """
    email = normalized(email)
    async with runtime.context(Authenticated(), facts) as ctx:
        await charge(ctx, email)
        user = await users.find(ctx, email)
    right = await passwords.matches(user.password_hash if user else None, password)
    if user is None or not right:
        raise BadCredentials
    return user


async def confirm(runtime: Runtime, facts: RequestFacts, email: str, password: str) -> None:
    """Let a person who is signed in prove once more that it is them. Raises BadCredentials or TooManyAttempts."""
    user = await prove(runtime, facts, email, password)
    async with runtime.context(users.as_actor(user), facts) as ctx:
        await forgive(ctx, user.email)


async def _admit(ctx: Context, proven: User, user_agent: str, code: str | None, renewed: str | None) -> Refreshed:
    user = await users.load(ctx, proven.id, lock=True)
    if user.password_hash != proven.password_hash:
        # Somebody changed it while we were hashing: what was proven is no longer true.
        raise BadCredentials
    second_factor = await enabled(ctx, user.id)
    if second_factor:
        if not code:
            raise MfaRequired
        await check_code(ctx, user, code)
    if renewed is not None:
        user.password_hash = renewed
    return await admit(ctx, user, user_agent, second_factor=second_factor, failures=await forgive(ctx, user.email))


async def admit(
    ctx: Context, user: User, user_agent: str, *, second_factor: bool = False, failures: int = 0
) -> Refreshed:
    """Begin the sign-in of a person who has proven to be `user`, and tell their organizations."""
    now: datetime = ctx.now
    user.last_signin_at = now
    started = await begin(ctx, user, user_agent, second_factor=second_factor)
    event = SigninStarted(
        subject_id=user.id,
        subject_label=user.label,
        session_id=started.session.id,
        device=described(user_agent),
        second_factor=second_factor,
        failures_before=failures,
    )
    await emit_everywhere(ctx, user.id, event)
    return started
