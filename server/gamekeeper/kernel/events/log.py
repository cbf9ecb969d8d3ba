"""Reading the log without a gap: a cursor below the oldest running transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from gamekeeper.kernel.database.pools import Connection

COLUMNS = """xid::text AS xid, position, organization_id, id, type, subject_id, actor_kind, actor_id, actor_label,
             data, created_at, places"""


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the log: everything at or before (xid, position) has been read."""

    xid: int
    position: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """One row of the log as its readers get it."""

    cursor: Cursor
    organization_id: UUID
    id: UUID
    type: str
    subject_id: UUID
    actor_kind: str
    actor_id: UUID | None
    actor_label: str
    data: dict[str, Any]
    created_at: datetime
    places: list[UUID]
    """Where the subject was: the resources by whose grants one may see it. Empty where only a whole role may."""


async def head(connection: Connection) -> Cursor:
    """The place before everything that is still to be committed: a reader that starts here misses nothing new."""
    xid: str = await connection.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
    return Cursor(int(xid) - 1, 2**63 - 1)


async def read(connection: Connection, after: Cursor, limit: int = 500) -> list[Recorded]:
    """The next events of all organizations in their final order; fewer than `limit` means that the end is reached.

    Rows of transactions at or above the oldest one still running stay hidden until their order can no longer
    change, so a transaction that is left open delays every reader; `gamekeeper doctor` names such ones.
    """
    rows = await connection.fetch(
        "SELECT * FROM read_events($1::text::xid8, $2, $3)", str(after.xid), after.position, limit
    )
    return [recorded(row) for row in rows]


def recorded(row: asyncpg.Record) -> Recorded:
    """A row with COLUMNS."""
    return Recorded(
        cursor=Cursor(int(row["xid"]), row["position"]),
        organization_id=row["organization_id"],
        id=row["id"],
        type=row["type"],
        subject_id=row["subject_id"],
        actor_kind=row["actor_kind"],
        actor_id=row["actor_id"],
        actor_label=row["actor_label"],
        data=row["data"],
        created_at=row["created_at"],
        places=row["places"],
    )


async def place_of(connection: Connection, event_id: UUID) -> Cursor | None:
    """Where an event of the current organization stands; None when it is not (or no longer) in the log."""
    row = await connection.fetchrow("SELECT xid::text AS xid, position FROM events WHERE id = $1", event_id)
    return Cursor(int(row["xid"]), row["position"]) if row else None
