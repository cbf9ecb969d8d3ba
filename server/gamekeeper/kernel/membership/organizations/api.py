"""Doors: the organization and opening another one."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from gamekeeper.kernel.access.permission import BuiltIn
from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.http import Ctx
from gamekeeper.kernel.http.etags import IfMatch, tag
from gamekeeper.kernel.identity.people import person_id
from gamekeeper.kernel.identity.signin.shapes import Name
from gamekeeper.kernel.identity.users import service as users
from gamekeeper.kernel.membership.assigning import Chosen
from gamekeeper.kernel.membership.members.service import join
from gamekeeper.kernel.tenancy import service
from gamekeeper.kernel.tenancy.models import MfaRule, Organization
from gamekeeper.kernel.tenancy.visiting import visiting

router = APIRouter(prefix="/api/v1", tags=["organizations"])

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
TimeZone = Annotated[str, Field(max_length=60)]


class OrganizationOut(BaseModel):
    """The organization that the request is in."""

    id: UUID
    name: str
    currency: str
    time_zone: str
    require_mfa: MfaRule
    demo: bool
    version: int
    created_at: datetime


class OrganizationIn(BaseModel):
    """A new organization."""

    name: Annotated[Name, Field(min_length=1)]
    currency: Currency = "EUR"
    time_zone: TimeZone = "UTC"


class OrganizationChangeIn(BaseModel):
    """What to change; what is left out stays. Only an owner changes `require_mfa`."""

    name: Annotated[Name, Field(min_length=1)] | None = None
    currency: Currency | None = None
    time_zone: TimeZone | None = None
    require_mfa: MfaRule | None = None


@router.get("/organization")
async def get_organization(ctx: Ctx, response: Response) -> OrganizationOut:
    """The current organization."""
    return _out(response, await service.current(ctx))


@router.put("/organization")
async def update_organization(
    body: OrganizationChangeIn, ctx: Ctx, expect: IfMatch, response: Response
) -> OrganizationOut:
    """Rename it or change its settings."""
    return _out(response, await service.change(ctx, body.model_dump(exclude_none=True, mode="json"), expect))


@router.post("/organizations", status_code=201)
async def open_organization(body: OrganizationIn, ctx: Ctx, response: Response) -> OrganizationOut:
    """Open another organization, as its owner. Owners may."""
    ctx.require(May.ORGANIZATION_CREATE)
    user = await users.load(ctx, person_id(ctx.who))
    organization = await service.open_organization(ctx, body.name, time_zone=body.time_zone, currency=body.currency)
    async with visiting(ctx, organization.id):
        await join(ctx, user, Chosen(frozenset({BuiltIn.OWNER}), ()))
        return _out(response, await service.current(ctx))


def _out(response: Response, organization: Organization) -> OrganizationOut:
    tag(response, organization.version)
    return OrganizationOut(
        id=organization.id,
        name=organization.name,
        currency=organization.currency,
        time_zone=organization.time_zone,
        require_mfa=MfaRule(organization.require_mfa),
        demo=organization.demo,
        version=organization.version,
        created_at=organization.created_at,
    )
