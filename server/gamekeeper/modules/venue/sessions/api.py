"""Sessions: quotes, starts, extensions, ends, and what each cost."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from gamekeeper.kernel.http import Ctx, Page, PageQuery, once
from gamekeeper.modules.venue.permissions import May
from gamekeeper.modules.venue.pricing.amounts import MOST_AMOUNT
from gamekeeper.modules.venue.pricing.price import EarlyEnd, Line
from gamekeeper.modules.venue.pricing.timeline import SegmentKind
from gamekeeper.modules.venue.sessions import quote, service
from gamekeeper.modules.venue.sessions.bill import facts
from gamekeeper.modules.venue.sessions.models import PaymentMethod, PurchaseKind, Session, SessionState
from gamekeeper.modules.venue.stations.api import StationOut
from gamekeeper.modules.venue.stations.models import Station

router = APIRouter(prefix="/api/v1", tags=["sessions"])

Minutes = Annotated[int, Field(ge=1, le=service.MOST_MINUTES)]
Expected = Annotated[int | None, Field(ge=0, le=MOST_AMOUNT, description="The amount that was shown.")]


class SessionIn(BaseModel):
    """Who sits down, for how long, and how it is paid."""

    station_id: UUID
    minutes: Minutes
    method: PaymentMethod = PaymentMethod.CASH
    guest: Annotated[str, Field(max_length=80, pattern=r"^[^\x00-\x1f]*$")] = ""
    expected_amount: Expected = None


class ExtensionIn(BaseModel):
    """How much more time, and how it is paid."""

    minutes: Minutes
    method: PaymentMethod = PaymentMethod.CASH
    expected_amount: Expected = None


class LineOut(BaseModel):
    """A line of a bill: seconds, minor units (negative gives back), and why."""

    kind: str
    seconds: float
    amount: int
    reason: str


class PurchaseOut(BaseModel):
    """Time that was bought. It can be taken back until `undo_until`; null once that is over."""

    id: UUID
    kind: PurchaseKind
    minutes: int
    amount: int
    method: PaymentMethod
    bought_at: datetime
    sold_by: str
    undone_at: datetime | None
    undo_until: datetime | None


class SegmentOut(BaseModel):
    """A stretch of the session."""

    kind: SegmentKind
    started_at: datetime
    ended_at: datetime | None


class PresetOut(BaseModel):
    """What a round number of minutes costs in this session."""

    minutes: int
    amount: int


class SessionBrief(BaseModel):
    """A session in a list."""

    id: UUID
    site_id: UUID
    station_id: UUID
    station: str
    guest: str
    state: SessionState
    started_at: datetime
    ends_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    currency: str


class SessionOut(SessionBrief):
    """A session with its bill so far, or its receipt."""

    lines: list[LineOut]
    total: int
    paid: int
    used_seconds: float
    left_seconds: float | None
    early_end: EarlyEnd
    presets: list[PresetOut]
    purchases: list[PurchaseOut]
    segments: list[SegmentOut]


class QuoteOut(BaseModel):
    """What an action would do; `problem` says why it cannot be done now."""

    action: str
    station: StationOut
    session_id: UUID | None
    minutes: int
    amount: int
    currency: str
    ends_at: datetime | None
    lines: list[LineOut]
    problem: str | None


@router.get("/quotes")
async def quoted(
    ctx: Ctx,
    station: Annotated[str, Query(min_length=1, max_length=36, description="A seat's number or id.")],
    site_id: Annotated[UUID | None, Query()] = None,
    minutes: Annotated[int | None, Query(ge=1, le=service.MOST_MINUTES, description="Empty: end the session.")] = None,
) -> QuoteOut:
    """What `14 60 cash` (with minutes) or `12 end` (without) would do, by the function that makes the bill."""
    seat = await _seat(ctx, station, site_id)
    found = await (quote.quote_end(ctx, seat) if minutes is None else quote.quote_time(ctx, seat, minutes))
    return QuoteOut(
        action=found.action,
        station=StationOut(**found.station.model_dump()),
        session_id=found.session_id,
        minutes=found.minutes,
        amount=found.amount,
        currency=found.currency,
        ends_at=found.ends_at,
        lines=[_line(line) for line in found.lines],
        problem=found.problem,
    )


@router.get("/sessions")
async def list_sessions(
    ctx: Ctx,
    page: PageQuery,
    station_id: Annotated[UUID | None, Query()] = None,
    state: Annotated[SessionState | None, Query()] = None,
) -> Page[SessionBrief]:
    """Sessions, the newest first."""
    statement = ctx.rows(Session, May.VIEW).order_by(Session.id.desc()).limit(page.limit + 1)
    if station_id is not None:
        statement = statement.where(Session.station_id == station_id)
    if state is not None:
        statement = statement.where(Session.state == state)
    before = page.after_id
    if before is not None:
        statement = statement.where(Session.id < before)
    rows: list[Session] = list(await ctx.scalars(statement))
    labels = await service.labels(ctx, {row.station_id for row in rows})
    return page.page([_brief(row, labels[row.station_id]) for row in rows], lambda brief: (brief.id,))


@router.post("/sessions", status_code=201, response_model=SessionOut)
async def start(ctx: Ctx, body: SessionIn, request: Request) -> JSONResponse:
    """Sell time on a free seat and unlock it, in one request; needs an Idempotency-Key."""

    async def act() -> SessionOut:
        session = await service.start(
            ctx, body.station_id, body.minutes, body.method, guest=body.guest, expected=body.expected_amount
        )
        return await _out(ctx, session)

    return await once(ctx, request, act)


@router.get("/sessions/{session_id}")
async def read(ctx: Ctx, session_id: UUID) -> SessionOut:
    """One session with its bill so far, or its receipt."""
    return await _out(ctx, await ctx.get(Session, session_id, May.VIEW))


@router.post("/sessions/{session_id}/extensions", status_code=201, response_model=SessionOut)
async def extend(ctx: Ctx, session_id: UUID, body: ExtensionIn, request: Request) -> JSONResponse:
    """Sell more time; needs an Idempotency-Key."""

    async def act() -> SessionOut:
        session = await service.extend(ctx, session_id, body.minutes, body.method, expected=body.expected_amount)
        return await _out(ctx, session)

    return await once(ctx, request, act)


@router.put("/sessions/{session_id}/end", response_model=SessionOut)
async def end(ctx: Ctx, session_id: UUID, request: Request) -> JSONResponse:
    """End a session now. Unused time is paid back or kept by the house rule; needs an Idempotency-Key."""

    async def act() -> SessionOut:
        return await _out(ctx, await service.end(ctx, session_id))

    return await once(ctx, request, act, status=200)


@router.delete("/sessions/{session_id}/purchases/{purchase_id}")
async def undo(ctx: Ctx, session_id: UUID, purchase_id: UUID) -> SessionOut:
    """Take the last sale back within ten seconds."""
    return await _out(ctx, await service.undo(ctx, session_id, purchase_id))


async def _seat(ctx: Ctx, name: str, site_id: UUID | None) -> Station:
    try:
        id_ = UUID(name)
    except ValueError:
        return await quote.seat_named(ctx, name, site_id)
    return await ctx.get(Station, id_, May.VIEW)


def _line(line: Line) -> LineOut:
    return LineOut(kind=line.kind, seconds=float(line.seconds), amount=line.amount, reason=line.reason)


def _brief(session: Session, label: str) -> SessionBrief:
    return SessionBrief(
        id=session.id,
        site_id=session.site_id,
        station_id=session.station_id,
        station=label,
        guest=session.guest,
        state=SessionState(session.state),
        started_at=session.started_at,
        ends_at=session.ends_at,
        ended_at=session.ended_at,
        ended_by=session.ended_by,
        currency=session.currency,
    )


async def _out(ctx: Ctx, session: Session) -> SessionOut:
    loaded = await facts(ctx, session)
    bill = loaded.bill(ctx.now)
    labels = await service.labels(ctx, {session.station_id})
    return SessionOut(
        **_brief(session, labels[session.station_id]).model_dump(),
        lines=[_line(line) for line in bill.lines],
        total=bill.total,
        paid=sum(purchase.amount for purchase in loaded.standing),
        used_seconds=float(bill.used),
        left_seconds=None if bill.left is None else float(bill.left),
        early_end=session.policy(),
        presets=[PresetOut(minutes=each.minutes, amount=each.amount) for each in session.snapshot.presets],
        purchases=[
            PurchaseOut(
                id=each.id,
                kind=PurchaseKind(each.kind),
                minutes=each.minutes,
                amount=each.amount,
                method=PaymentMethod(each.method),
                bought_at=each.bought_at,
                sold_by=each.sold_by,
                undone_at=each.undone_at,
                undo_until=each.undo_until(ctx.now) if session.is_open else None,
            )
            for each in loaded.purchases
        ],
        segments=[
            SegmentOut(kind=SegmentKind(each.kind), started_at=each.started_at, ended_at=each.ended_at)
            for each in loaded.segments
        ],
    )
