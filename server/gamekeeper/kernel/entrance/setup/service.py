"""The first owner: by a one-time link, or from the environment for machines that set themselves up."""

from sqlalchemy import delete, select, text

from gamekeeper.kernel.access.permission import BuiltIn
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.entrance.setup.models import LIFETIME, SetupLink
from gamekeeper.kernel.errors import Conflict, Gone
from gamekeeper.kernel.identity import passwords
from gamekeeper.kernel.identity.keys import new_token, token_hash
from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.identity.people import as_actor
from gamekeeper.kernel.identity.strength import refuse_weak
from gamekeeper.kernel.identity.users.service import announce, create
from gamekeeper.kernel.membership.assigning import Chosen
from gamekeeper.kernel.membership.members.service import join
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tenancy.service import open_organization
from gamekeeper.kernel.tenancy.visiting import visiting

_OWNER = Chosen(frozenset({BuiltIn.OWNER}), ())
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('gamekeeper first owner'))")
DEFAULT_NAME = "Gamekeeper"


class SetupDone(Conflict):
    """This installation has an owner already. Sign in."""


class SetupLinkInvalid(Gone):
    """This set-up link was used or has expired. Start Gamekeeper again, or run gamekeeper migrate, for a new one."""


async def needed(ctx: Context) -> bool:
    """Whether nobody has an account yet."""
    return await ctx.session.scalar(select(User.id).limit(1)) is None


async def setup_link(runtime: Runtime) -> str | None:
    """A new one-time link, good for a day, which ends all older ones; None once somebody has an account.

    The token stands behind a `#`, which browsers keep to themselves: no log and no proxy sees it.
    """
    async with runtime.as_system(None) as ctx:
        await ctx.session.execute(_LOCK)
        if not await needed(ctx):
            return None
        await ctx.session.execute(delete(SetupLink))
        token = new_token("gks_")
        ctx.add(SetupLink(token_hash=token_hash(token), expires_at=ctx.now + LIFETIME))
    return f"{runtime.settings.origin}/setup#{token}"


async def ensure_first_owner(runtime: Runtime) -> bool:
    """Make the owner of GAMEKEEPER_ADMIN_EMAIL and _PASSWORD when nobody has an account; whether it was made now.

    Raises WeakPassword. Later changes of the variables change nothing.
    """
    email, password = runtime.settings.admin_email, runtime.settings.admin_password
    if not email or password is None:
        return False
    async with runtime.as_system(None) as ctx:
        if not await needed(ctx):
            return False
    refuse_weak(password.get_secret_value(), email)
    password_hash = await passwords.hashed(password.get_secret_value())
    async with runtime.as_system(None) as ctx:
        await ctx.session.execute(_LOCK)
        if not await needed(ctx):
            return False
        await _found(ctx, DEFAULT_NAME, email.partition("@")[0], email, password_hash)
    return True


async def set_up(
    ctx: Context, token: str, organization: str, name: str, email: str, password_hash: str, time_zone: str
) -> User:
    """Use a set-up link: the first account, the first organization, its owner. Raises SetupDone, SetupLinkInvalid."""
    await ctx.session.execute(_LOCK)
    if not await needed(ctx):
        raise SetupDone
    used = delete(SetupLink).where(SetupLink.token_hash == token_hash(token), SetupLink.expires_at > ctx.now)
    if await ctx.session.scalar(used.returning(SetupLink.token_hash)) is None:
        raise SetupLinkInvalid
    return await _found(ctx, organization, name, email, password_hash, time_zone)


async def _found(
    ctx: Context, organization: str, name: str, email: str, password_hash: str, time_zone: str = "UTC"
) -> User:
    user = await create(ctx, email, name, password_hash)
    ctx.who = as_actor(user)
    opened = await open_organization(ctx, organization, time_zone=time_zone)
    async with visiting(ctx, opened.id):
        await join(ctx, user, _OWNER)
    await announce(ctx, user)
    return user
