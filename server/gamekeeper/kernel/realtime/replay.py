"""Resuming: what a client missed, from the log, up to the very place where the live feed goes on."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from gamekeeper.kernel.database.pools import Connection
from gamekeeper.kernel.events import every_event
from gamekeeper.kernel.events.log import COLUMNS, Cursor, Recorded, place_of, recorded
from gamekeeper.kernel.events.queries import first_id
from gamekeeper.kernel.realtime.hub import AUDIT, frame_of, reaches, topics_of
from gamekeeper.kernel.realtime.topics import Reach
from gamekeeper.kernel.runtime import Runtime

MOST_REPLAYED = 1000


class SnapshotNeeded(Exception):
    """Too much was missed, the place is no longer in the log, or somebody may see more or less than before.

    The client must load its pages again.
    """


async def missed(
    runtime: Runtime, organization_id: UUID, topics: Mapping[str, Reach], since: str, upto: Cursor
) -> list[str]:
    """The frames of `topics`, each as far as its reach goes, after the event (or bookmark) `since`, with `upto`.

    Raises SnapshotNeeded.
    """
    async with runtime.database.read(organization_id) as connection:
        kept = timedelta(days=runtime.settings.keep_live_events_days) - _SLACK
        place = await _place(connection, since, datetime.now(UTC) - kept)
        rows = await connection.fetch(
            f"""SELECT {COLUMNS} FROM events
                WHERE organization_id = $1 AND (xid, position) > ($2::text::xid8, $3)
                  AND (xid, position) <= ($4::text::xid8, $5)
                ORDER BY events.xid, position LIMIT $6""",  # noqa: S608 - a constant
            organization_id,
            str(place.xid),
            place.position,
            str(upto.xid),
            upto.position,
            MOST_REPLAYED + 1,
        )
        # Without an end: the reach of this socket is of now, and so knows what the live feed has not come to yet.
        moved = await connection.fetchval(
            """SELECT EXISTS (SELECT FROM events WHERE organization_id = $1
                              AND (xid, position) > ($2::text::xid8, $3) AND type = ANY($4))""",
            organization_id,
            str(place.xid),
            place.position,
            [name for name, kind in every_event().items() if kind.moves_access],
        )
    if moved or len(rows) > MOST_REPLAYED:
        raise SnapshotNeeded
    events = [recorded(row) for row in rows]
    auditing = AUDIT in topics
    return [frame_of(event, actor=auditing) for event in events if auditing or _is_for(topics, event)]


def _is_for(topics: Mapping[str, Reach], event: Recorded) -> bool:
    return any(reaches(topics[name], event.places) for name in topics_of(event) if name in topics)


async def _place(connection: Connection, since: str, kept_from: datetime) -> Cursor:
    """Where `since` stands. Raises SnapshotNeeded where it is so old that events after it may have been removed."""
    if since.isascii() and len(since) <= _MOST_BOOKMARK and all(part.isdigit() for part in since.split(".")):
        xid, position, at = (int(part) for part in f"{since}.0.0".split(".")[:3])
        if at < kept_from.timestamp():
            raise SnapshotNeeded
        return Cursor(min(xid, 2**64 - 1), min(position, 2**63 - 1))
    try:
        event_id = UUID(since)
    except ValueError as error:
        raise SnapshotNeeded from error
    place = await place_of(connection, event_id)
    if place is None or event_id < first_id(kept_from):
        raise SnapshotNeeded
    return place


_MOST_BOOKMARK = 52
_SLACK = timedelta(hours=1)
"""A transaction may tell of something this long after it happened."""


def bookmark(cursor: Cursor) -> str:
    """A `since` for a client that has not got any event yet."""
    return f"{cursor.xid}.{cursor.position}.{int(datetime.now(UTC).timestamp())}"
