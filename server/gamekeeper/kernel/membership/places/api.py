"""Doors: sites and teams."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy import tuple_

from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.http import Ctx, Page, PageQuery
from gamekeeper.kernel.http.etags import IfMatch, tag
from gamekeeper.kernel.identity.signin.shapes import Name
from gamekeeper.kernel.membership.places import service
from gamekeeper.kernel.tenancy.models import Site, Team

router = APIRouter(prefix="/api/v1", tags=["places"])


class SiteOut(BaseModel):
    """A place of the organization."""

    id: UUID
    name: str
    time_zone: str
    version: int
    created_at: datetime


class SiteIn(BaseModel):
    """A site as it shall be."""

    name: Annotated[Name, Field(min_length=1)]
    time_zone: Annotated[str, Field(max_length=60)]


class TeamOut(BaseModel):
    """Members who work together; `user_ids` are their accounts."""

    id: UUID
    name: str
    site_id: UUID | None
    user_ids: list[UUID]
    version: int
    created_at: datetime


class TeamIn(BaseModel):
    """A team as it shall be."""

    name: Annotated[Name, Field(min_length=1)]
    site_id: UUID | None = None
    user_ids: Annotated[list[UUID], Field(max_length=500)] = []


@router.get("/sites")
async def list_sites(ctx: Ctx, page: PageQuery) -> Page[SiteOut]:
    """The sites that I may see, by name."""
    statement = ctx.rows(Site, May.SITE_READ)
    if place := page.values(str, UUID):
        statement = statement.where(tuple_(Site.name, Site.id) > place)
    rows = await ctx.scalars(statement.order_by(Site.name, Site.id).limit(page.limit + 1))
    return page.page([_site(row) for row in rows], lambda site: (site.name, site.id))


@router.post("/sites", status_code=201)
async def create_site(body: SiteIn, ctx: Ctx, response: Response) -> SiteOut:
    """Add a site."""
    site = await service.create_site(ctx, body.name, body.time_zone)
    tag(response, site.version)
    return _site(site)


@router.put("/sites/{site_id}")
async def update_site(site_id: UUID, body: SiteIn, ctx: Ctx, expect: IfMatch, response: Response) -> SiteOut:
    """Rename a site or change its time zone."""
    site = await service.change_site(ctx, site_id, body.name, body.time_zone, expect)
    tag(response, site.version)
    return _site(site)


@router.delete("/sites/{site_id}", status_code=204)
async def delete_site(site_id: UUID, ctx: Ctx) -> None:
    """Remove a site that nothing belongs to."""
    await service.delete_site(ctx, site_id)


@router.get("/teams")
async def list_teams(ctx: Ctx, page: PageQuery) -> Page[TeamOut]:
    """The teams, by name."""
    statement = ctx.rows(Team, May.TEAM_READ)
    if place := page.values(str, UUID):
        statement = statement.where(tuple_(Team.name, Team.id) > place)
    rows = await ctx.scalars(statement.order_by(Team.name, Team.id).limit(page.limit + 1))
    return page.page(await _teams(ctx, rows), lambda team: (team.name, team.id))


@router.post("/teams", status_code=201)
async def create_team(body: TeamIn, ctx: Ctx, response: Response) -> TeamOut:
    """Form a team."""
    team = await service.create_team(ctx, body.name, body.site_id, body.user_ids)
    tag(response, team.version)
    return (await _teams(ctx, [team]))[0]


@router.put("/teams/{team_id}")
async def update_team(team_id: UUID, body: TeamIn, ctx: Ctx, expect: IfMatch, response: Response) -> TeamOut:
    """Rename a team, move it, say who is in it."""
    team = await service.change_team(ctx, team_id, body.name, body.site_id, body.user_ids, expect)
    tag(response, team.version)
    return (await _teams(ctx, [team]))[0]


@router.delete("/teams/{team_id}", status_code=204)
async def delete_team(team_id: UUID, ctx: Ctx) -> None:
    """Dissolve a team."""
    await service.delete_team(ctx, team_id)


def _site(site: Site) -> SiteOut:
    return SiteOut(
        id=site.id, name=site.name, time_zone=site.time_zone, version=site.version, created_at=site.created_at
    )


async def _teams(ctx: Ctx, teams: Sequence[Team]) -> list[TeamOut]:
    members = await service.team_members(ctx, [team.id for team in teams])
    return [
        TeamOut(
            id=team.id,
            name=team.name,
            site_id=team.site_id,
            user_ids=members.get(team.id, []),
            version=team.version,
            created_at=team.created_at,
        )
        for team in teams
    ]
