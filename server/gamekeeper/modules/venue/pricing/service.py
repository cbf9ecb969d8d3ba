"""What can be done to price rules and house rules, and which of them hold."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select, update

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Conflict, NotFound
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.tenancy.models import Organization, Site
from gamekeeper.modules.venue.events import PriceRuleMade, PriceRuleUpdated, VenuePolicyUpdated
from gamekeeper.modules.venue.permissions import May
from gamekeeper.modules.venue.pricing.amounts import Rounding
from gamekeeper.modules.venue.pricing.models import PriceRule, VenuePolicy
from gamekeeper.modules.venue.pricing.offers import priced
from gamekeeper.modules.venue.pricing.rule import Rule


class NoPriceRule(Conflict):
    """This site has no price rule yet. Make one before selling time."""


async def make(ctx: Context, site_id: UUID, fields: dict[str, Any]) -> PriceRule:
    """Make a price rule and put it in force at its site, in the organization's currency. Raises OfferTooDear."""
    site = await ctx.get(Site, site_id, May.PRICE, lock=True)
    organization = await ctx.session.get_one(Organization, ctx.organization_id)
    fields = {**fields, "presets": priced(fields["presets"], fields["rate"], Rounding(fields["money_rounding"]))}
    await _retire_others(ctx, site.id)
    rule = PriceRule(organization_id=ctx.organization_id, site_id=site.id, currency=organization.currency, **fields)
    ctx.add(rule)
    await ctx.flush()
    made = PriceRuleMade(
        subject_id=rule.id, subject_label=rule.name, site_id=site.id, rate=rule.rate, currency=rule.currency
    )
    await emit(ctx, made)
    return rule


async def change(ctx: Context, rule: PriceRule, changes: dict[str, Any]) -> PriceRule:
    """Set fields of a rule that was loaded with May.PRICE; offers at the hour's price go along with it.

    Sessions that run keep their copy. Raises OfferTooDear.
    """
    changed = rule.news(rule.consequences(changes))
    if not changed:
        return rule
    if changed.get("active"):
        await ctx.get(Site, rule.site_id, May.PRICE, lock=True)
        await _retire_others(ctx, rule.site_id)
    rule.edit(changed)
    await ctx.flush()
    await emit(ctx, PriceRuleUpdated(subject_id=rule.id, subject_label=rule.name, changes=changed))
    return rule


async def set_policy(ctx: Context, changes: dict[str, Any]) -> VenuePolicy:
    """Change the house rules."""
    policy = await policy_to_change(ctx)
    changed = policy.edit(changes)
    if not changed:
        return policy
    ctx.add(policy)
    await ctx.flush()
    await emit(ctx, VenuePolicyUpdated(subject_id=ctx.organization_id, changes=changed))
    return policy


async def policy_to_change(ctx: Context) -> VenuePolicy:
    """The house rules, while nobody else can change them. The organization's row is the lock: there may be none yet."""
    ctx.require(May.PRICE)
    lock = select(Organization.id).where(Organization.id == ctx.organization_id).with_for_update()
    await ctx.session.execute(lock)
    return await policy_of(ctx)


async def policy_of(ctx: Context) -> VenuePolicy:
    """The house rules of the organization, or the defaults."""
    stored = await ctx.session.get(VenuePolicy, (ctx.organization_id, ctx.organization_id))
    return stored or VenuePolicy(
        organization_id=ctx.organization_id,
        id=ctx.organization_id,
        early_end="refund",
        grace_seconds=0,
        offline_cap_seconds=28_800,
        business_day_minutes=360,
        version=1,
    )


async def rule_in_force(ctx: Context, site_id: UUID) -> Rule:
    """The snapshot of a site's rule as of now. Raises NoPriceRule."""
    statement = select(PriceRule).where(
        PriceRule.organization_id == ctx.organization_id, PriceRule.site_id == site_id, PriceRule.active
    )
    rule = (await ctx.session.execute(statement)).scalar_one_or_none()
    if rule is None:
        raise NoPriceRule
    return rule.snapshot(await time_zone(ctx, site_id))


async def time_zone(ctx: Context, site_id: UUID) -> str:
    """The IANA zone of a site; UTC where what is stored is none."""
    site = await ctx.session.get(Site, (ctx.organization_id, site_id))
    if site is None:
        raise NotFound(kind="site", id=str(site_id))
    try:
        ZoneInfo(site.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"
    return site.time_zone


async def _retire_others(ctx: Context, site_id: UUID) -> None:
    await ctx.session.execute(
        update(PriceRule)
        .where(PriceRule.organization_id == ctx.organization_id, PriceRule.site_id == site_id, PriceRule.active)
        .values(active=False, version=PriceRule.version + 1)
    )
