"""Who works in the demo. Nobody can sign in as them: their accounts have no password."""

from sqlalchemy import select

from gamekeeper.kernel.access.permission import BuiltIn
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.identity.users.service import create
from gamekeeper.kernel.membership.assigning import Chosen
from gamekeeper.kernel.membership.members.service import join
from gamekeeper.simulate.demo.cast import DOMAIN, STAFF

_NO_PASSWORD = "!"  # noqa: S105 - no hash begins like this, so no password fits


async def first_account(ctx: Context) -> User | None:
    """The installation's oldest account: it becomes the demo's owner, so that somebody can look at it."""
    found: User | None = await ctx.session.scalar(select(User).order_by(User.id).limit(1))
    return found


async def hire(ctx: Context, owner: User) -> None:
    """Make the owner and the made-up colleagues members of the demo's organization."""
    await join(ctx, owner, Chosen(frozenset({BuiltIn.OWNER}), ()))
    for name, role in STAFF:
        email = f"{name.split()[0].lower()}@{DOMAIN}"
        user = await ctx.session.scalar(select(User).where(User.email == email))
        if user is None:
            user = await create(ctx, email, name, _NO_PASSWORD)
        await join(ctx, user, Chosen(frozenset({role}), ()))
