"""What Enter will do: the sentence behind `14 60 cash` and `12 end`, before anything is done."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Invalid, NotFound
from gamekeeper.modules.venue.card import Card, FloorState
from gamekeeper.modules.venue.permissions import May
from gamekeeper.modules.venue.pricing import price
from gamekeeper.modules.venue.pricing.rule import Rule
from gamekeeper.modules.venue.pricing.service import NoPriceRule, rule_in_force
from gamekeeper.modules.venue.pricing.timeline import Segment, SegmentKind
from gamekeeper.modules.venue.sessions.bill import facts
from gamekeeper.modules.venue.sessions.models import Session
from gamekeeper.modules.venue.sessions.service import why_not_free
from gamekeeper.modules.venue.stations.models import Station
from gamekeeper.modules.venue.stations.queries import card


class LabelAmbiguous(Invalid):
    """Several sites have a seat of this number. Choose the site as well."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What an action would do: `amount` to take, or (negative) to give back; `problem` says why it cannot be done."""

    action: str
    station: Card
    session_id: UUID | None
    minutes: int
    amount: int
    currency: str
    ends_at: datetime | None
    lines: tuple[price.Line, ...]
    problem: str | None


async def seat_named(ctx: Context, label: str, site_id: UUID | None) -> Station:
    """The seat that people call so. Raises NotFound, LabelAmbiguous."""
    statement = ctx.rows(Station, May.VIEW).where(Station.label == label)
    if site_id is not None:
        statement = statement.where(Station.site_id == site_id)
    found = await ctx.scalars(statement.limit(2))
    if not found:
        raise NotFound(f"There is no seat {label} here.", kind="station")
    if len(found) > 1:
        raise LabelAmbiguous
    station: Station = found[0]
    return station


async def quote_time(ctx: Context, station: Station, minutes: int) -> Quote:
    """What so many minutes on a seat would cost: a start where it is free, more time where somebody plays."""
    seen, session = await _seen(ctx, station)
    try:
        rule = session.snapshot if session else await rule_in_force(ctx, station.site_id)
    except NoPriceRule as error:
        return Quote("start", seen, None, minutes, 0, "", None, (), error.message)
    bought = price.purchase(rule, minutes, ctx.now)
    ends_at = (session.ends_at if session else ctx.now) + timedelta(minutes=minutes)
    problem = None
    if session is None and seen.state is not FloorState.FREE:
        problem = why_not_free(seen)
    return Quote(
        "extend" if session else "start",
        seen,
        session.id if session else None,
        minutes,
        bought.amount,
        rule.currency,
        ends_at,
        _planned(rule, bought, ctx.now),
        problem,
    )


async def quote_end(ctx: Context, station: Station) -> Quote:
    """What ending the session now would give back."""
    seen, session = await _seen(ctx, station)
    if session is None:
        return Quote("end", seen, None, 0, 0, "", None, (), f"Nobody plays on seat {station.label}.")
    loaded = await facts(ctx, session)
    purchases = [purchase.as_bought() for purchase in loaded.standing]
    bill = price.price(session.snapshot, purchases, loaded.timeline, ctx.now, session.policy())
    amount = bill.total - sum(purchase.amount for purchase in purchases)
    return Quote("end", seen, session.id, 0, amount, session.currency, ctx.now, bill.lines, None)


def _planned(rule: Rule, bought: price.Purchase, now: datetime) -> tuple[price.Line, ...]:
    until = now + timedelta(minutes=bought.minutes)
    plan = Segment(kind=SegmentKind.PLAY, started_at=now, ended_at=until)
    return price.price(rule, [bought], [plan], until).lines


async def _seen(ctx: Context, station: Station) -> tuple[Card, Session | None]:
    seen = await card(await ctx.raw(), ctx.organization_id, station.id, ctx.now)
    if seen is None:
        raise NotFound(kind="station", id=str(station.id))
    if seen.session is None:
        return seen, None
    statement: Any = select(Session).where(
        Session.organization_id == ctx.organization_id, Session.id == seen.session.id
    )
    return seen, (await ctx.session.execute(statement)).scalar_one()
