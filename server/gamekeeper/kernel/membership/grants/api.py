"""Doors: access to one resource."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select

from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.http import Ctx, Page, PageQuery
from gamekeeper.kernel.http.texts import Moment
from gamekeeper.kernel.membership.grants import service
from gamekeeper.kernel.membership.models import Grant, Member
from gamekeeper.kernel.membership.roles.api import Permissions

router = APIRouter(prefix="/api/v1/grants", tags=["grants"])


class GrantOut(BaseModel):
    """Permissions of a member on one resource. `over` once its end has passed."""

    id: UUID
    user_id: UUID
    resource_kind: str
    resource_id: UUID
    permissions: list[str]
    ends_at: datetime | None
    over: bool
    created_at: datetime


class GrantIn(BaseModel):
    """What to give to whom on what. `resource_kind` is the noun in lower case, such as `site` or `device`."""

    user_id: UUID
    resource_kind: str = Field(max_length=50)
    resource_id: UUID
    permissions: Annotated[Permissions, Field(min_length=1)]
    ends_at: Moment | None = None


@router.get("")
async def list_grants(
    ctx: Ctx,
    page: PageQuery,
    user_id: Annotated[UUID | None, Query(description="Only of this member.")] = None,
    resource_id: Annotated[UUID | None, Query(description="Only on this resource.")] = None,
) -> Page[GrantOut]:
    """Grants, the newest first."""
    ctx.require(May.GRANT_MANAGE)
    statement = select(Grant, Member.user_id).join(
        Member, (Member.organization_id == Grant.organization_id) & (Member.id == Grant.member_id)
    )
    statement = statement.where(Grant.organization_id == ctx.organization_id)
    if user_id is not None:
        statement = statement.where(Member.user_id == user_id)
    if resource_id is not None:
        statement = statement.where(Grant.resource_id == resource_id)
    if place := page.values(UUID):
        statement = statement.where(Grant.id < place[0])
    rows: Any = (await ctx.session.execute(statement.order_by(Grant.id.desc()).limit(page.limit + 1))).all()
    items = [_out(grant, owner, ctx.now) for grant, owner in rows]
    return page.page(items, lambda grant: (grant.id,))


@router.post("", status_code=201)
async def make_grant(body: GrantIn, ctx: Ctx) -> GrantOut:
    """Give access; not more than you have yourself on that resource."""
    grant = await service.make(ctx, body.user_id, body.resource_kind, body.resource_id, body.permissions, body.ends_at)
    return _out(grant, body.user_id, ctx.now)


@router.delete("/{grant_id}", status_code=204)
async def end_grant(grant_id: UUID, ctx: Ctx) -> None:
    """Take access back, at once."""
    await service.end(ctx, grant_id)


def _out(grant: Grant, user_id: UUID, now: datetime) -> GrantOut:
    return GrantOut(
        id=grant.id,
        user_id=user_id,
        resource_kind=grant.resource_kind,
        resource_id=grant.resource_id,
        permissions=grant.permissions,
        ends_at=grant.ends_at,
        over=grant.ends_at is not None and grant.ends_at <= now,
        created_at=grant.created_at,
    )
