"""Doors: API tokens."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gamekeeper.kernel.http import Ctx, Page, PageQuery
from gamekeeper.kernel.http.texts import Moment
from gamekeeper.kernel.identity.people import person_id
from gamekeeper.kernel.identity.signin.shapes import Name
from gamekeeper.kernel.membership.models import ApiToken
from gamekeeper.kernel.membership.roles.api import Permissions
from gamekeeper.kernel.membership.tokens import service

router = APIRouter(prefix="/api/v1/tokens", tags=["tokens"])


class TokenOut(BaseModel):
    """A token without its text, of which only the last characters are known (`hint`)."""

    id: UUID
    user_id: UUID
    name: str
    hint: str
    permissions: list[str]
    networks: list[str]
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_ip: str
    created_at: datetime


class TokenMadeOut(TokenOut):
    """A token with its text, which is shown this once."""

    token: str


class TokenIn(BaseModel):
    """A token to make. `networks` are addresses or networks that it may be used from; none means everywhere."""

    name: Annotated[Name, Field(min_length=1)]
    permissions: Annotated[Permissions, Field(min_length=1)]
    networks: Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=50)] = []
    expires_at: Moment | None = None


@router.get("")
async def list_tokens(ctx: Ctx, page: PageQuery) -> Page[TokenOut]:
    """My tokens, or everybody's for those who manage them; the newest first."""
    statement = service.mine_or_all(ctx)
    if place := page.values(UUID):
        statement = statement.where(ApiToken.id < place[0])
    rows = (await ctx.session.execute(statement.order_by(ApiToken.id.desc()).limit(page.limit + 1))).all()
    return page.page([_out(token, user_id) for token, user_id in rows], lambda token: (token.id,))


@router.post("", status_code=201)
async def create_token(body: TokenIn, ctx: Ctx) -> TokenMadeOut:
    """Make a token for a script. It never permits more than you may yourself."""
    made = await service.create(ctx, body.name, body.permissions, body.networks, body.expires_at)
    return TokenMadeOut(**_out(made.token, person_id(ctx.who)).model_dump(), token=made.text)


@router.delete("/{token_id}", status_code=204)
async def revoke_token(token_id: UUID, ctx: Ctx) -> None:
    """End a token, at once."""
    await service.revoke(ctx, token_id)


def _out(token: ApiToken, user_id: UUID) -> TokenOut:
    return TokenOut(
        id=token.id,
        user_id=user_id,
        name=token.name,
        hint=token.hint,
        permissions=token.permissions,
        networks=token.networks,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        last_used_ip=token.last_used_ip,
        created_at=token.created_at,
    )
