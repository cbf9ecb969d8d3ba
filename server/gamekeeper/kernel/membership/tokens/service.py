"""What one can do with API tokens: make one for oneself, revoke it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from uuid import UUID

from sqlalchemy import Select, select

from gamekeeper.kernel.access.hint import ACCESS
from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Invalid, NotFound
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.identity.keys import token_hash
from gamekeeper.kernel.identity.people import person_id
from gamekeeper.kernel.membership.assigning import MoreThanOwn, known_permissions
from gamekeeper.kernel.membership.events import TokenCreated, TokenRevoked
from gamekeeper.kernel.membership.models import ApiToken, Member
from gamekeeper.kernel.membership.tokens.text import PREFIX, new_text

_HINT_LENGTH = 4


class NetworkInvalid(Invalid):
    """This is not a network. Write an address like 192.0.2.7 or a network like 192.0.2.0/24."""


class TokenOver(Invalid):
    """An API token must expire in the future."""


@dataclass(frozen=True, slots=True)
class Made:
    """A token and the only copy of its text."""

    token: ApiToken
    text: str


async def create(
    ctx: Context, name: str, permissions: Sequence[str], networks: Sequence[str], expires_at: datetime | None
) -> Made:
    """Make a token for oneself, with permissions that one has.

    Raises OnlyForPeople, MoreThanOwn, UnknownPermission, NetworkInvalid or TokenOver.
    """
    ctx.require(May.TOKEN_CREATE)
    member_id = await _member_id(ctx, person_id(ctx.who))
    if expires_at is not None and expires_at <= ctx.now:
        raise TokenOver
    wanted = known_permissions(permissions)
    missing = set(wanted) - ctx.who.access.permissions - ctx.who.access.grants.keys()
    if missing:
        raise MoreThanOwn(permissions=sorted(missing)[:20])
    text = new_text(PREFIX, ctx.organization_id)
    token = ApiToken(
        organization_id=ctx.organization_id,
        member_id=member_id,
        name=name.strip(),
        token_hash=token_hash(text),
        hint=text[-_HINT_LENGTH:],
        permissions=wanted,
        networks=[_network(one) for one in networks],
        expires_at=expires_at,
    )
    ctx.add(token)
    await ctx.flush()
    event = TokenCreated(subject_id=token.id, subject_label=token.name, permissions=wanted, expires_at=expires_at)
    await emit(ctx, event)
    return Made(token, text)


async def revoke(ctx: Context, token_id: UUID) -> None:
    """End a token at once: one's own, or anybody's with the permission for that. Raises NotFound."""
    statement = mine_or_all(ctx).where(ApiToken.id == token_id).with_for_update(of=ApiToken)
    found = (await ctx.session.execute(statement)).one_or_none()
    if found is None:
        raise NotFound(kind="token", id=str(token_id))
    token: ApiToken = found[0]
    await emit(ctx, TokenRevoked(subject_id=token.id, subject_label=token.name))
    await ctx.delete(token)
    ctx.poke(ACCESS, str(token.id))


def mine_or_all(ctx: Context) -> Select[ApiToken, UUID]:
    """Tokens with whose they are: all with the permission, else one's own."""
    statement = (
        select(ApiToken, Member.user_id)
        .join(Member, (Member.organization_id == ApiToken.organization_id) & (Member.id == ApiToken.member_id))
        .where(ApiToken.organization_id == ctx.organization_id)
    )
    if ctx.may(May.TOKEN_MANAGE):
        return statement
    return statement.where(Member.user_id == person_id(ctx.who))


async def _member_id(ctx: Context, user_id: UUID) -> UUID:
    statement = select(Member.id).where(Member.organization_id == ctx.organization_id, Member.user_id == user_id)
    member_id: UUID | None = await ctx.session.scalar(statement)
    if member_id is None:
        raise NotFound(kind="member", id=str(user_id))
    return member_id


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError as error:
        raise NetworkInvalid(network=text[:50]) from error
