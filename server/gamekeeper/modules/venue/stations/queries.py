"""The floor in one statement."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from gamekeeper.kernel.database.pools import Connection
from gamekeeper.modules.venue.card import Card, SessionCard
from gamekeeper.modules.venue.stations.floor import Seat, floor_state, problem

_CARDS = """
SELECT s.id, s.site_id, s.label, s.kind, s.zone, s.position, s.out_of_order, s.device_id, s.version,
       d.name AS device_name,
       CASE WHEN d.id IS NULL THEN NULL WHEN d.revoked_at IS NOT NULL THEN 'revoked'
            WHEN d.maintenance THEN 'maintenance' ELSE coalesce(p.state, 'never_seen') END AS device_state,
       coalesce(d.capabilities->>'overlay' = 'true', d.capabilities IS NULL) AS has_overlay, p.offline_reason,
       st.desired, st.desired_at, st.reported, st.reported_at, st.confirmed_at, st.told,
       v.id AS session_id, v.guest, v.started_at, v.ends_at, v.currency, v.warning_seconds::text AS warning_seconds,
       b.minutes, b.paid
FROM stations s
JOIN station_states st ON st.organization_id = s.organization_id AND st.id = s.id
LEFT JOIN devices d ON d.organization_id = s.organization_id AND d.id = s.device_id
LEFT JOIN device_presence p ON p.organization_id = s.organization_id AND p.id = s.device_id
LEFT JOIN venue_sessions v ON v.organization_id = s.organization_id AND v.station_id = s.id AND v.state = 'open'
LEFT JOIN LATERAL (
    SELECT sum(minutes)::bigint AS minutes, sum(amount)::bigint AS paid FROM session_purchases b
    WHERE b.organization_id = v.organization_id AND b.session_id = v.id AND b.undone_at IS NULL) b ON true
WHERE s.organization_id = $1
"""

_LIST = f"""{_CARDS}
  AND ($2::uuid IS NULL OR s.site_id = $2)
  AND ($3::uuid[] IS NULL OR s.id = ANY($3) OR s.site_id = ANY($3))
  AND ($4::bigint IS NULL OR (s.position, s.label, s.id) > ($4, $5::text, $6::uuid))
ORDER BY s.position, s.label, s.id LIMIT $7
"""

_ONE = f"{_CARDS} AND s.id = $2"

_OF_MACHINES = f"{_CARDS} AND s.device_id = ANY($2::uuid[]) ORDER BY s.position, s.label, s.id"


async def cards(
    connection: Connection,
    organization_id: UUID,
    now: datetime,
    *,
    site_id: UUID | None,
    resources: frozenset[UUID] | None,
    place: Sequence[Any] | None,
    limit: int,
) -> list[Card]:
    """Seats after `place` (position, label, id). `resources` narrows to granted seats and sites; None is all."""
    position, label, id_ = place or (None, None, None)
    granted = None if resources is None else list(resources)
    rows = await connection.fetch(_LIST, organization_id, site_id, granted, position, label, id_, limit)
    return [_card(row, now) for row in rows]


_TOLD = """
UPDATE station_states st SET told = told + 1 FROM (
    SELECT organization_id, id FROM station_states
    WHERE organization_id = $1 AND id IN (
        SELECT id FROM stations WHERE organization_id = $1 AND (id = $2 OR device_id = ANY($3::uuid[])))
    ORDER BY id FOR UPDATE) held
WHERE st.organization_id = held.organization_id AND st.id = held.id
"""
"""Always in the order of their ids: two that wait for one another never end."""


async def number_cards(
    connection: Connection,
    organization_id: UUID,
    *,
    station_id: UUID | None = None,
    device_ids: Collection[UUID] = (),
) -> None:
    """Hold a seat, or the seats that machines are, to the end of the transaction, and number their next cards.

    A card that is read now knows of everybody who held the seat before.
    """
    await connection.execute(_TOLD, organization_id, station_id, list(device_ids))


async def card(connection: Connection, organization_id: UUID, station_id: UUID, now: datetime) -> Card | None:
    """One seat."""
    row = await connection.fetchrow(_ONE, organization_id, station_id)
    return _card(row, now) if row else None


async def cards_of_machines(
    connection: Connection, organization_id: UUID, device_ids: Collection[UUID], now: datetime
) -> list[Card]:
    """The seats that these machines are."""
    rows = await connection.fetch(_OF_MACHINES, organization_id, list(device_ids))
    return [_card(row, now) for row in rows]


def _card(row: Any, now: datetime) -> Card:
    session = None
    if row["session_id"] is not None:
        session = SessionCard(
            id=row["session_id"],
            guest=row["guest"],
            started_at=row["started_at"],
            ends_at=row["ends_at"],
            bought_minutes=row["minutes"] or 0,
            paid=row["paid"] or 0,
            currency=row["currency"],
            warning_seconds=_first_warning(row["warning_seconds"]),
        )
    seat = Seat(
        device=row["device_state"],
        out_of_order=row["out_of_order"] is not None,
        desired=row["desired"],
        desired_at=row["desired_at"],
        reported=row["reported"],
        confirmed=row["confirmed_at"] is not None,
        ends_at=session.ends_at if session else None,
        warning_seconds=session.warning_seconds if session else 0,
        has_overlay=row["has_overlay"],
        offline_reason=row["offline_reason"] or "",
    )
    state = floor_state(seat, now)
    return Card(
        id=row["id"],
        site_id=row["site_id"],
        label=row["label"],
        kind=row["kind"],
        zone=row["zone"],
        position=row["position"],
        state=state,
        problem=problem(seat, state),
        out_of_order=row["out_of_order"],
        device_id=row["device_id"],
        device_name=row["device_name"],
        device_state=row["device_state"],
        desired=row["desired"],
        desired_at=row["desired_at"],
        reported=row["reported"],
        reported_at=row["reported_at"],
        confirmed_at=row["confirmed_at"],
        session=session,
        version=row["version"],
        told=row["told"],
    )


def _first_warning(warnings: str) -> int:
    return max((int(part) for part in warnings.strip("[]").split(",") if part.strip()), default=0)
