"""The money of a session: each movement one transfer with a natural key, so that none is made twice."""

from typing import Any
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events import emit
from gamekeeper.modules.venue.events import PaymentReceived, PaymentReturned
from gamekeeper.modules.venue.ledger.chart import TIME, cash, credit
from gamekeeper.modules.venue.ledger.day import business_day
from gamekeeper.modules.venue.ledger.service import Posting, Transfer, post
from gamekeeper.modules.venue.pricing.service import policy_of, time_zone
from gamekeeper.modules.venue.sessions.models import PaymentMethod, Session, SessionPurchase


async def charge(ctx: Context, session: Session, label: str, purchase: SessionPurchase) -> None:
    """Take the money of a purchase."""
    if not purchase.amount:
        return
    transfer_id = purchase.transfer_id = await _post(
        ctx,
        session,
        key=f"session:{session.id}:purchase:{purchase.number}:charge",
        kind="sale",
        reason=f"Seat {label}: {purchase.minutes} min",
        postings=(Posting(cash(), purchase.amount), Posting(TIME, -purchase.amount)),
    )
    received = PaymentReceived(
        **_about(session, label),
        transfer_id=transfer_id,
        method=purchase.method,
        amount=purchase.amount,
        currency=session.currency,
    )
    await emit(ctx, received)


async def reverse(ctx: Context, session: Session, label: str, purchase: SessionPurchase) -> None:
    """Give back the money of a purchase that was taken back."""
    if purchase.transfer_id is None:
        return
    reason = f"Seat {label}: {purchase.minutes} min taken back"
    transfer_id = await _post(
        ctx,
        session,
        key=f"session:{session.id}:purchase:{purchase.number}:undo",
        kind="undo",
        reason=reason,
        postings=(Posting(cash(), -purchase.amount), Posting(TIME, purchase.amount)),
        reverses_id=purchase.transfer_id,
    )
    await _returned(ctx, session, label, transfer_id, purchase.amount, reason)


async def refund(ctx: Context, session: Session, label: str, amount: int) -> None:
    """Pay back unused time of a session that was ended early."""
    if amount <= 0:
        return
    reason = f"Seat {label}: unused time"
    transfer_id = await _post(
        ctx,
        session,
        key=f"session:{session.id}:end:refund",
        kind="refund",
        reason=reason,
        postings=(Posting(cash(), -amount), Posting(TIME, amount)),
    )
    await _returned(ctx, session, label, transfer_id, amount, reason)


async def owe(ctx: Context, session: Session, label: str, amount: int, fault: str) -> None:
    """Owe the guest what a fault took, which nobody saw while they were here. `fault` names the seat's report."""
    if amount <= 0:
        return
    await _post(
        ctx,
        session,
        key=f"session:{session.id}:fault:{fault}:credit",
        kind="credit",
        reason=f"Seat {label}: time lost to a fault",
        postings=(Posting(credit(session.id), -amount), Posting(TIME, amount)),
    )


async def _post(
    ctx: Context,
    session: Session,
    *,
    key: str,
    kind: str,
    reason: str,
    postings: tuple[Posting, ...],
    reverses_id: UUID | None = None,
) -> UUID:
    day = business_day(ctx.now, await time_zone(ctx, session.site_id), (await policy_of(ctx)).business_day_minutes)
    posted = await post(
        ctx,
        Transfer(
            key=key,
            kind=kind,
            reason=reason,
            site_id=session.site_id,
            currency=session.currency,
            business_day=day,
            postings=postings,
            subject_id=session.id,
            reverses_id=reverses_id,
        ),
    )
    return posted.id


async def _returned(ctx: Context, session: Session, label: str, transfer_id: UUID, amount: int, reason: str) -> None:
    returned = PaymentReturned(
        **_about(session, label),
        transfer_id=transfer_id,
        method=PaymentMethod.CASH.value,
        amount=amount,
        currency=session.currency,
        reason=reason,
    )
    await emit(ctx, returned)


def _about(session: Session, label: str) -> dict[str, Any]:
    return {"subject_id": session.id, "subject_label": label, "station_id": session.station_id, "station": label}
