"""What one can do with an account: find it, make it, rename it, give it a new password."""

from uuid import UUID

from sqlalchemy import delete, func, select

from gamekeeper.kernel.access.hint import ACCESS
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Conflict, NotFound
from gamekeeper.kernel.identity.events import UserCreated, UserPasswordChanged, UserRenamed
from gamekeeper.kernel.identity.memberships import emit_everywhere
from gamekeeper.kernel.identity.models import BROUGHT_ALONG, User, normalized
from gamekeeper.kernel.identity.sessions.models import End
from gamekeeper.kernel.identity.sessions.service import end_all
from gamekeeper.kernel.identity.users.models import PasswordReset


class EmailTaken(Conflict):
    """There is an account with this e-mail address already. Invite the person instead."""

    constraints = ("uq_users_email",)


async def find(ctx: Context, email: str) -> User | None:
    """The account of an e-mail address in whatever spelling."""
    statement = select(User).where(User.email == normalized(email))
    user: User | None = await ctx.session.scalar(statement)
    return user


async def load(ctx: Context, user_id: UUID, *, lock: bool = False) -> User:
    """An account by its id, locked against other changes when `lock`. Raises NotFound."""
    statement = select(User).where(User.id == user_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    user: User | None = await ctx.session.scalar(statement)
    if user is None:
        raise NotFound(kind="user", id=str(user_id))
    return user


async def dearest_bcrypt(ctx: Context) -> int:
    """The highest cost of the bcrypt hashes that were brought along and not yet upgraded; 0 without any."""
    brought = select(func.max(func.substr(User.password_hash, 5, 2))).where(BROUGHT_ALONG)
    return int(await ctx.session.scalar(brought) or 0)


async def create(ctx: Context, email: str, name: str, password_hash: str) -> User:
    """Make an account. Nobody is told yet, for it is in no organization: see `announce`. Raises EmailTaken."""
    user = User(email=normalized(email), name=name.strip(), password_hash=password_hash)
    ctx.add(user)
    await ctx.flush()
    return user


async def announce(ctx: Context, user: User) -> None:
    """Tell the organization that made the account, once its owner is a member."""
    await emit_everywhere(ctx, user.id, UserCreated(subject_id=user.id, subject_label=user.label, email=user.email))


async def rename(ctx: Context, user: User, name: str) -> None:
    """Call a person by another name, everywhere."""
    name = name.strip()
    if name == user.name:
        return
    before, user.name = user.label, name
    await emit_everywhere(ctx, user.id, UserRenamed(subject_id=user.id, subject_label=user.label, before=before))
    ctx.poke(ACCESS, str(user.id))


async def set_password(ctx: Context, user: User, password_hash: str, keep: UUID | None = None) -> None:
    """Replace a password and end the person's sign-ins, except `keep`, and links: whoever knew the old one is out."""
    user.password_hash = password_hash
    await ctx.session.execute(delete(PasswordReset).where(PasswordReset.user_id == user.id))
    await end_all(ctx, user.id, End.PASSWORD_CHANGED, keep=keep)
    await emit_everywhere(ctx, user.id, UserPasswordChanged(subject_id=user.id, subject_label=user.label))
