"""What one can do with organizations: open one, rename it, change its settings."""

from collections.abc import Mapping
from zoneinfo import available_timezones

from gamekeeper.kernel.access.hint import ACCESS
from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import Expect, new_id
from gamekeeper.kernel.errors import Invalid
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.tenancy.events import OrganizationChanged, OrganizationCreated, SiteCreated
from gamekeeper.kernel.tenancy.models import MfaRule, Organization, Site
from gamekeeper.kernel.tenancy.visiting import visiting

FIRST_SITE = "Main"


class UnknownTimeZone(Invalid):
    """There is no such time zone. Use a name like Europe/Berlin."""


async def open_organization(
    ctx: Context, name: str, *, time_zone: str = "UTC", currency: str = "EUR", demo: bool = False
) -> Organization:
    """Make an organization with its first site. It has no member yet. Raises UnknownTimeZone."""
    require_time_zone(time_zone)
    organization = Organization(id=new_id(), name=name.strip(), time_zone=time_zone, currency=currency, demo=demo)
    async with visiting(ctx, organization.id):
        ctx.add(organization)
        await ctx.flush()
        await emit(ctx, OrganizationCreated(subject_id=organization.id, subject_label=organization.name))
        site = Site(organization_id=organization.id, name=FIRST_SITE, time_zone=time_zone)
        ctx.add(site)
        await ctx.flush()
        await emit(ctx, SiteCreated(subject_id=site.id, subject_label=site.name))
    return organization


async def current(ctx: Context) -> Organization:
    """The organization that the caller acts in; every member may see it."""
    return await ctx.session.get_one(Organization, ctx.organization_id, populate_existing=True)


async def change(ctx: Context, settings: Mapping[str, str], expect: Expect) -> Organization:
    """Change name, currency, time zone or the rule about two-step sign-in.

    Raises Forbidden, PreconditionFailed or UnknownTimeZone.
    """
    ctx.require(May.ORGANIZATION_UPDATE)
    organization = await ctx.session.get_one(
        Organization, ctx.organization_id, with_for_update=True, populate_existing=True
    )
    expect(organization.version)
    changed = organization.news(settings)
    if "time_zone" in changed:
        require_time_zone(changed["time_zone"])
    if "require_mfa" in changed:
        ctx.require(May.MFA_REQUIRE)
        changed["require_mfa"] = MfaRule(changed["require_mfa"]).value
    if organization.edit(changed):
        await emit(
            ctx,
            OrganizationChanged(subject_id=organization.id, subject_label=organization.name, changed=changed),
        )
        ctx.poke(ACCESS, str(organization.id))
    return organization


def require_time_zone(name: str) -> None:
    """Raise UnknownTimeZone unless `name` is in the database of time zones."""
    if name not in available_timezones():
        raise UnknownTimeZone(time_zone=name[:100])
