"""What one can do with sites and teams."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from gamekeeper.kernel.access.hint import ACCESS
from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import Expect
from gamekeeper.kernel.errors import Conflict, Invalid
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.membership.models import Member
from gamekeeper.kernel.tenancy.events import (
    SiteChanged,
    SiteCreated,
    SiteDeleted,
    TeamChanged,
    TeamCreated,
    TeamDeleted,
)
from gamekeeper.kernel.tenancy.models import Site, Team, TeamMember
from gamekeeper.kernel.tenancy.service import require_time_zone


class NameTaken(Conflict):
    """There is one of this name already. Choose another name."""

    constraints = ("uq_sites_organization_id_name", "uq_teams_organization_id_name")


class SiteInUse(Conflict):
    """Something still belongs to this site. Move or remove it first."""


class LastSite(Conflict):
    """An organization needs a site. Add another one first."""


class UnknownMember(Invalid):
    """This person is not a member. Invite them first."""


async def create_site(ctx: Context, name: str, time_zone: str) -> Site:
    """Add a site. Raises NameTaken, UnknownTimeZone."""
    ctx.require(May.SITE_MANAGE)
    require_time_zone(time_zone)
    site = Site(organization_id=ctx.organization_id, name=name, time_zone=time_zone)
    ctx.add(site)
    await ctx.flush()
    await emit(ctx, SiteCreated(subject_id=site.id, subject_label=site.name))
    return site


async def change_site(ctx: Context, site_id: UUID, name: str, time_zone: str, expect: Expect) -> Site:
    """Rename or move a site. Raises NameTaken, UnknownTimeZone, PreconditionFailed or NotFound."""
    site = await ctx.get(Site, site_id, May.SITE_MANAGE, lock=True)
    expect(site.version)
    require_time_zone(time_zone)
    changed = site.edit({"name": name, "time_zone": time_zone})
    await ctx.flush()
    if changed:
        await emit(ctx, SiteChanged(subject_id=site.id, subject_label=site.name, changed=changed))
    return site


async def delete_site(ctx: Context, site_id: UUID) -> None:
    """Remove a site that nothing belongs to any more. Raises SiteInUse, LastSite or NotFound."""
    site = await ctx.get(Site, site_id, May.SITE_MANAGE, lock=True)
    others = select(func.count()).where(Site.organization_id == site.organization_id, Site.id != site.id)
    if not await ctx.session.scalar(others):
        raise LastSite
    await emit(ctx, SiteDeleted(subject_id=site.id, subject_label=site.name))
    try:
        async with ctx.session.begin_nested():
            await ctx.delete(site)
    except IntegrityError as error:
        raise SiteInUse from error
    ctx.poke(ACCESS, str(ctx.organization_id))


async def create_team(ctx: Context, name: str, site_id: UUID | None, user_ids: Iterable[UUID]) -> Team:
    """Form a team. Raises NameTaken, UnknownMember or NotFound."""
    ctx.require(May.TEAM_MANAGE)
    if site_id is not None:
        await ctx.get(Site, site_id, May.SITE_READ)
    team = Team(organization_id=ctx.organization_id, name=name, site_id=site_id)
    ctx.add(team)
    await ctx.flush()
    await _set_members(ctx, team, set(user_ids))
    await emit(ctx, TeamCreated(subject_id=team.id, subject_label=team.name))
    return team


async def change_team(
    ctx: Context, team_id: UUID, name: str, site_id: UUID | None, user_ids: Iterable[UUID], expect: Expect
) -> Team:
    """Rename a team, move it, say who is in it. Raises NameTaken, UnknownMember, PreconditionFailed or NotFound."""
    team = await ctx.get(Team, team_id, May.TEAM_MANAGE, lock=True)
    expect(team.version)
    if site_id is not None:
        await ctx.get(Site, site_id, May.SITE_READ)
    members = set(user_ids)
    team.name, team.site_id = name, site_id
    team.version += 1
    await ctx.flush()
    await _set_members(ctx, team, members)
    changed = {"name": name, "site": str(site_id or ""), "members": str(len(members))}
    await emit(ctx, TeamChanged(subject_id=team.id, subject_label=team.name, changed=changed))
    return team


async def delete_team(ctx: Context, team_id: UUID) -> None:
    """Dissolve a team. Raises NotFound."""
    team = await ctx.get(Team, team_id, May.TEAM_MANAGE, lock=True)
    await emit(ctx, TeamDeleted(subject_id=team.id, subject_label=team.name))
    await ctx.delete(team)


async def team_members(ctx: Context, team_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """The people of teams, by the ids of their accounts."""
    statement = (
        select(TeamMember.team_id, Member.user_id)
        .join(Member, (Member.organization_id == TeamMember.organization_id) & (Member.id == TeamMember.member_id))
        .where(TeamMember.organization_id == ctx.organization_id, TeamMember.team_id.in_(list(team_ids)))
        .order_by(Member.user_id)
    )
    found: dict[UUID, list[UUID]] = {}
    for team_id, user_id in (await ctx.session.execute(statement)).all():
        found.setdefault(team_id, []).append(user_id)
    return found


async def _set_members(ctx: Context, team: Team, user_ids: set[UUID]) -> None:
    statement = select(Member).where(Member.organization_id == ctx.organization_id, Member.user_id.in_(user_ids))
    members = list(await ctx.scalars(statement)) if user_ids else []
    missing = user_ids - {member.user_id for member in members}
    if missing:
        raise UnknownMember(user_id=str(min(missing)))
    await ctx.session.execute(
        delete(TeamMember).where(TeamMember.organization_id == team.organization_id, TeamMember.team_id == team.id)
    )
    for member in members:
        ctx.add(TeamMember(organization_id=team.organization_id, team_id=team.id, member_id=member.id))
    await ctx.flush()
