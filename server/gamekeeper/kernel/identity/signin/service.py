"""Signing in: steps with a transaction of their own, so that no connection waits while a password is hashed."""

from dataclasses import dataclass
from uuid import UUID

from gamekeeper.kernel.caller import Authenticated, RequestFacts
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Forbidden, Unauthenticated
from gamekeeper.kernel.identity import passwords
from gamekeeper.kernel.identity.events import SigninStarted
from gamekeeper.kernel.identity.memberships import emit_everywhere
from gamekeeper.kernel.identity.mfa.service import MfaRequired, check_code, enabled
from gamekeeper.kernel.identity.models import User, normalized
from gamekeeper.kernel.identity.people import as_actor
from gamekeeper.kernel.identity.sessions.devices import described
from gamekeeper.kernel.identity.sessions.service import Refreshed, begin
from gamekeeper.kernel.identity.signin.attempts import charge, forgive, take_back
from gamekeeper.kernel.identity.signin.devices import known_device
from gamekeeper.kernel.identity.users import service as users
from gamekeeper.kernel.runtime import Runtime


class BadCredentials(Unauthenticated):
    """The e-mail address or the password is wrong."""


class CurrentPasswordWrong(Forbidden):
    """The current password is wrong."""


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser says of itself: its name, and the mark of a device that somebody signed in with before."""

    user_agent: str
    mark: str | None = None


async def sign_in(
    runtime: Runtime, facts: RequestFacts, browser: Browser, email: str, password: str, code: str | None
) -> Refreshed:
    """Sign a person in. Raises BadCredentials, MfaRequired, MfaCodeInvalid, TooManyAttempts or SignInBusy.

    Up to the answer BadCredentials the same is done whether or not there is such an account.
    """
    device = known_device(runtime.root_key, browser.mark, email)
    user = await prove(runtime, facts, email, password, device)
    renewed = await passwords.hashed(password) if passwords.outdated(user.password_hash) else None
    who = as_actor(user)
    try:
        async with runtime.context(who, facts) as ctx:
            shown = await _admissible(ctx, user, code, renewed)
            failures = await forgive(ctx, user.email, device)
            return await admit(ctx, user.id, browser.user_agent, second_factor=shown, failures=failures)
    except MfaRequired:
        # The password was right, so asking for the code is no failure; wrong codes before it still are.
        async with runtime.context(who, facts) as ctx:
            await take_back(ctx, user.email, device)
        raise


async def prove(runtime: Runtime, facts: RequestFacts, email: str, password: str, device: str | None) -> User:
    """The account that e-mail and password belong to, as it was read; the attempt stays charged.

    Raises BadCredentials or TooManyAttempts.
    """
    email = normalized(email)
    async with runtime.context(Authenticated(), facts) as ctx:
        await charge(ctx, email, device)
        user = await users.find(ctx, email)
        dearest = await users.dearest_bcrypt(ctx)
    right = await passwords.matches(user.password_hash if user else None, password, dearest)
    if user is None or not right:
        raise BadCredentials
    return user


async def confirm(runtime: Runtime, facts: RequestFacts, session_id: UUID | None, email: str, password: str) -> None:
    """Let a person who is signed in prove once more that it is them.

    Raises CurrentPasswordWrong, which is not a 401: the sign-in is good, and a client that gets a new token and asks
    again would be charged for a second attempt. Raises TooManyAttempts.
    """
    device = str(session_id)
    try:
        user = await prove(runtime, facts, email, password, device)
    except BadCredentials as error:
        raise CurrentPasswordWrong from error
    async with runtime.context(as_actor(user), facts) as ctx:
        # Not forgiven: a code may be asked for next, and guessing that must not become free.
        await take_back(ctx, user.email, device)


async def admit(
    ctx: Context, user_id: UUID, user_agent: str, *, second_factor: bool = False, failures: int = 0
) -> Refreshed:
    """Begin the sign-in of a person who has proven who they are, and tell their organizations."""
    user = await users.load(ctx, user_id, lock=True)
    user.last_signin_at = ctx.now
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


async def _admissible(ctx: Context, proven: User, code: str | None, renewed: str | None) -> bool:
    """Whether a second factor was shown. Raises where one is missing, or what was proven is no longer true."""
    user = await users.load(ctx, proven.id, lock=True)
    if user.password_hash != proven.password_hash:
        # Somebody changed it while we were hashing: what was proven is no longer true.
        raise BadCredentials
    needed = await enabled(ctx, user.id)
    if needed and not code:
        raise MfaRequired
    if needed and code:
        await check_code(ctx, user, code)
    if renewed is not None:
        user.password_hash = renewed
    return needed
