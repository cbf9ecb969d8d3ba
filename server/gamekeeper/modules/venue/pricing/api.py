"""Price rules and house rules."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, model_validator

from gamekeeper.kernel.http import Ctx
from gamekeeper.kernel.http.etags import IfMatch, tag
from gamekeeper.kernel.http.texts import Line
from gamekeeper.modules.venue.permissions import May
from gamekeeper.modules.venue.pricing import offers, service
from gamekeeper.modules.venue.pricing.amounts import MOST_AMOUNT, Rounding, exponent
from gamekeeper.modules.venue.pricing.models import PriceRule, VenuePolicy
from gamekeeper.modules.venue.pricing.price import EarlyEnd

router = APIRouter(prefix="/api/v1", tags=["prices"])

Name = Annotated[Line, Field(min_length=1, max_length=80)]
Amount = Annotated[int, Field(ge=0, le=MOST_AMOUNT)]
Blocks = Annotated[int, Field(ge=1, le=86_400)]


class PresetIn(BaseModel):
    """A price (minor units) for so many minutes; null is that of the hour, whatever it becomes."""

    minutes: Annotated[int, Field(ge=1, le=10_080)]
    amount: Amount | None = None


Presets = Annotated[list[PresetIn], Field(max_length=12)]


def _distinct(presets: list[PresetIn]) -> None:
    if len({preset.minutes for preset in presets}) < len(presets):
        msg = "two presets have the same minutes"
        raise ValueError(msg)


class PriceRuleIn(BaseModel):
    """A rule for a site. Only the site is needed: the rest begins as five an hour, with three presets.

    With a price of the hour, and no presets, the three are at that price.
    """

    site_id: UUID
    name: Name = "Standard"
    rate: Amount = 500
    block_seconds: Blocks = 60
    block_rounding: Rounding = Rounding.UP
    money_rounding: Rounding = Rounding.HALF_UP
    presets: Presets = [
        PresetIn(minutes=30, amount=300),
        PresetIn(minutes=60, amount=500),
        PresetIn(minutes=120, amount=900),
    ]

    @model_validator(mode="after")
    def _check(self) -> Self:
        _distinct(self.presets)
        if "rate" in self.model_fields_set and "presets" not in self.model_fields_set:
            self.presets = [PresetIn(minutes=preset.minutes) for preset in self.presets]
        return self


class PriceRuleChangeIn(BaseModel):
    """Fields to change; what is left out stays, but for presets at the price of the hour: they follow it."""

    name: Name = ""
    rate: Amount = 0
    block_seconds: Blocks = 60
    block_rounding: Rounding = Rounding.UP
    money_rounding: Rounding = Rounding.HALF_UP
    presets: Presets = []
    active: bool = True

    @model_validator(mode="after")
    def _check(self) -> Self:
        _distinct(self.presets)
        return self


class RulePresetOut(BaseModel):
    """A price for so many minutes."""

    minutes: int
    amount: int
    follows: bool = Field(description="Whether it is the price of the hour, and changes with it.")


class PriceRuleOut(BaseModel):
    """A price rule; amounts in minor units of which `exponent` digits are behind the point."""

    id: UUID
    site_id: UUID
    name: str
    currency: str
    exponent: int
    rate: int
    block_seconds: int
    block_rounding: Rounding
    money_rounding: Rounding
    presets: list[RulePresetOut]
    active: bool
    version: int


class PriceRulesOut(BaseModel):
    """All rules, those in force first."""

    items: list[PriceRuleOut]


class PolicyIn(BaseModel):
    """House rules to change; what is left out stays. Running sessions keep those that they began with."""

    early_end: EarlyEnd = EarlyEnd.REFUND
    warning_seconds: Annotated[list[Annotated[int, Field(ge=10, le=3600)]], Field(max_length=8)] = [300, 60]
    grace_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    offline_cap_seconds: Annotated[int, Field(ge=60, le=86_400)] = 28_800
    business_day_minutes: Annotated[int, Field(ge=0, le=1439)] = 360


class PolicyOut(BaseModel):
    """The house rules."""

    early_end: EarlyEnd
    warning_seconds: list[int]
    grace_seconds: int
    offline_cap_seconds: int
    business_day_minutes: int
    version: int


def _out(rule: PriceRule) -> PriceRuleOut:
    rounding = Rounding(rule.money_rounding)
    return PriceRuleOut(
        id=rule.id,
        site_id=rule.site_id,
        name=rule.name,
        currency=rule.currency,
        exponent=exponent(rule.currency),
        rate=rule.rate,
        block_seconds=rule.block_seconds,
        block_rounding=Rounding(rule.block_rounding),
        money_rounding=rounding,
        presets=[
            RulePresetOut(**preset, follows=offers.follows(preset, rule.rate, rounding)) for preset in rule.presets
        ],
        active=rule.active,
        version=rule.version,
    )


def _policy_out(policy: VenuePolicy) -> PolicyOut:
    return PolicyOut(
        early_end=EarlyEnd(policy.early_end),
        warning_seconds=policy.warning_seconds,
        grace_seconds=policy.grace_seconds,
        offline_cap_seconds=policy.offline_cap_seconds,
        business_day_minutes=policy.business_day_minutes,
        version=policy.version,
    )


@router.get("/price-rules")
async def list_rules(ctx: Ctx, site_id: Annotated[UUID | None, Query()] = None) -> PriceRulesOut:
    """Price rules, those in force first; the floor needs them for its buttons."""
    statement = ctx.rows(PriceRule, May.VIEW)
    if site_id is not None:
        statement = statement.where(PriceRule.site_id == site_id)
    rows = await ctx.scalars(statement.order_by(PriceRule.active.desc(), PriceRule.id.desc()).limit(200))
    return PriceRulesOut(items=[_out(rule) for rule in rows])


@router.post("/price-rules", status_code=201)
async def make_rule(ctx: Ctx, body: PriceRuleIn, response: Response) -> PriceRuleOut:
    """Make a rule and put it in force; with the site alone it is the default one."""
    rule = await service.make(ctx, body.site_id, body.model_dump(exclude={"site_id"}, mode="json"))
    tag(response, rule.version)
    return _out(rule)


@router.get("/price-rules/{rule_id}")
async def read_rule(ctx: Ctx, rule_id: UUID, response: Response) -> PriceRuleOut:
    """One rule."""
    rule = await ctx.get(PriceRule, rule_id, May.VIEW)
    tag(response, rule.version)
    return _out(rule)


@router.patch("/price-rules/{rule_id}")
async def change_rule(
    ctx: Ctx, rule_id: UUID, body: PriceRuleChangeIn, expect: IfMatch, response: Response
) -> PriceRuleOut:
    """Change a rule for sessions that begin from now on."""
    rule = await ctx.get(PriceRule, rule_id, May.PRICE, lock=True)
    expect(rule.version)
    rule = await service.change(ctx, rule, body.model_dump(exclude_unset=True, mode="json"))
    tag(response, rule.version)
    return _out(rule)


@router.get("/venue-policy")
async def read_policy(ctx: Ctx, response: Response) -> PolicyOut:
    """The house rules that hold for new sessions, for everybody who may see a seat."""
    ctx.reach(May.VIEW)
    policy = await service.policy_of(ctx)
    tag(response, policy.version)
    return _policy_out(policy)


@router.patch("/venue-policy")
async def change_policy(ctx: Ctx, body: PolicyIn, expect: IfMatch, response: Response) -> PolicyOut:
    """Change the house rules."""
    expect((await service.policy_to_change(ctx)).version)
    policy = await service.set_policy(ctx, body.model_dump(exclude_unset=True, mode="json"))
    tag(response, policy.version)
    return _policy_out(policy)
