"""A session's own facts, loaded and priced."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.context import Context
from gamekeeper.modules.venue.pricing.price import Bill, price
from gamekeeper.modules.venue.pricing.timeline import Segment
from gamekeeper.modules.venue.sessions.models import Session, SessionPurchase, SessionSegment


@dataclass(slots=True)
class Facts:
    """What a session consists of. Purchases that were taken back are among them."""

    session: Session
    purchases: list[SessionPurchase]
    segments: list[SessionSegment]

    @property
    def standing(self) -> list[SessionPurchase]:
        """Purchases that were not taken back."""
        return [purchase for purchase in self.purchases if purchase.undone_at is None]

    @property
    def timeline(self) -> list[Segment]:
        """The segments as the price function sees them."""
        return [segment.as_segment() for segment in self.segments]

    def bill(self, now: datetime) -> Bill:
        """The bill: running while the session is open, final once it has ended."""
        session = self.session
        ending = None if session.is_open else session.policy()
        purchases = [purchase.as_bought() for purchase in self.standing]
        if not purchases:
            return Bill((), session.currency, price(session.snapshot, (), self.timeline, now).used, None)
        return price(session.snapshot, purchases, self.timeline, session.ended_at or now, ending)


async def facts(ctx: Context, session: Session) -> Facts:
    """Load what a session consists of."""
    return Facts(
        session,
        list(await ctx.scalars(_of(SessionPurchase, ctx, session.id))),
        list(await ctx.scalars(_of(SessionSegment, ctx, session.id))),
    )


def _of(model: type[SessionPurchase | SessionSegment], ctx: Context, session_id: UUID):  # noqa: ANN202 - a Select of either
    return (
        select(model)
        .where(model.organization_id == ctx.organization_id, model.session_id == session_id)
        .order_by(model.number)
        .execution_options(populate_existing=True)
    )


async def earned(ctx: Context, session_id: UUID) -> int:
    """What the ledger says that the session has earned, in minor units."""
    connection = await ctx.raw()
    amount: int = await connection.fetchval(_EARNED, ctx.organization_id, session_id)
    return amount


_EARNED = """
SELECT coalesce(-sum(p.amount), 0)::bigint
FROM ledger_transfers t
JOIN ledger_postings p ON p.organization_id = t.organization_id AND p.transfer_id = t.id
JOIN ledger_accounts a ON a.organization_id = p.organization_id AND a.id = p.account_id
WHERE t.organization_id = $1 AND t.subject_id = $2 AND a.family = 'revenue'
"""
