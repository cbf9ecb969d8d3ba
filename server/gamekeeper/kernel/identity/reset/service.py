"""What one can do about a forgotten password: ask for a link, make one, use it."""

from sqlalchemy import delete, select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Gone, NotFound
from gamekeeper.kernel.identity.keys import new_token, token_hash
from gamekeeper.kernel.identity.memberships import memberships
from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.identity.people import as_actor
from gamekeeper.kernel.identity.users import service as users
from gamekeeper.kernel.identity.users.models import LIFETIME, PAUSE, PasswordReset
from gamekeeper.kernel.notifications.service import mail
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tenancy.visiting import visiting


class ResetLinkInvalid(Gone):
    """This link was used or has expired. Ask for a new one."""


async def reset_link(runtime: Runtime, email: str) -> str:
    """A link for whoever runs the installation to hand to a person. Raises NotFound where there is no account."""
    async with runtime.as_system(None) as ctx:
        user = await users.find(ctx, email)
        if user is None:
            raise NotFound("There is no account with this e-mail address.")
        return await _new_link(ctx, user)


async def send_link(ctx: Context, email: str) -> None:
    """Mail a link, when there is such an account, it has an organization, and it was not just done."""
    user = await users.find(ctx, email)
    if user is None:
        return
    before = await ctx.session.get(PasswordReset, user.id)
    places = await memberships(await ctx.raw(), user.id)
    if not places or (before is not None and ctx.now < before.created_at + PAUSE):
        return
    link = await _new_link(ctx, user)
    async with visiting(ctx, places[0].organization_id):
        await mail(ctx, user.email, "A new password for Gamekeeper", _LETTER.format(name=user.label, link=link))


async def owner_of(ctx: Context, token: str) -> User:
    """Whose link it is. Raises ResetLinkInvalid."""
    statement = (
        select(User)
        .join(PasswordReset, PasswordReset.user_id == User.id)
        .where(PasswordReset.token_hash == token_hash(token), PasswordReset.expires_at > ctx.now)
    )
    user: User | None = await ctx.session.scalar(statement)
    if user is None:
        raise ResetLinkInvalid
    return user


async def use_link(ctx: Context, token: str, password_hash: str) -> None:
    """Set a new password, once, and end all sign-ins. A second factor stays. Raises ResetLinkInvalid."""
    # The person before their link, as whoever changes a password does: two that wait for one another never end.
    user = await users.load(ctx, (await owner_of(ctx, token)).id, lock=True)
    used = delete(PasswordReset).where(
        PasswordReset.token_hash == token_hash(token), PasswordReset.expires_at > ctx.now
    )
    if await ctx.session.scalar(used.returning(PasswordReset.user_id)) is None:
        raise ResetLinkInvalid
    ctx.who = as_actor(user)
    await users.set_password(ctx, user, password_hash)


async def _new_link(ctx: Context, user: User) -> str:
    await users.load(ctx, user.id, lock=True)
    await ctx.session.execute(delete(PasswordReset).where(PasswordReset.user_id == user.id))
    token = new_token("gkp_")
    ctx.add(PasswordReset(user_id=user.id, token_hash=token_hash(token), expires_at=ctx.now + LIFETIME))
    await ctx.flush()
    return f"{ctx.runtime.settings.origin}/password#{token}"


_LETTER = """Hello {name},

somebody, hopefully you, asked for a new password for your account. Open this link to choose one:

{link}

It works once, within an hour. If it was not you, ignore this mail: your password stays as it is.
"""
