"""The audit page's statement: newest first, by the primary key or the index of one filter."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gamekeeper.kernel.database.pools import Connection

MOST_SEARCHED = 20_000
"""Rows that one page of a text search looks at. A rare word takes several pages, never a long query."""

_SEARCH = """
WITH stretch AS MATERIALIZED (
    SELECT e.id, e.type, e.subject_id, e.subject_label, e.actor_kind, e.actor_id, e.actor_label,
           e.request_id, e.ip, e.data, e.created_at
    FROM events e
    WHERE e.organization_id = $1
      AND e.audited
      AND ($2::text[] IS NULL OR e.type = ANY($2))
      AND ($3::uuid IS NULL OR e.actor_id = $3)
      AND ($4::uuid IS NULL OR e.subject_id = $4)
      AND ($5::uuid IS NULL OR e.id >= $5)
      AND ($6::uuid IS NULL OR e.id < $6)
    ORDER BY e.id DESC
    LIMIT $8
)
SELECT reach.searched, reach.last, hit.*
FROM (SELECT count(*) AS searched, (SELECT s.id FROM stretch s ORDER BY s.id LIMIT 1) AS last FROM stretch) reach
LEFT JOIN (
    SELECT * FROM stretch
    WHERE $7::text IS NULL OR position(lower($7) in lower(concat_ws(' ', type, subject_label, actor_label, ip))) > 0
    ORDER BY id DESC
    LIMIT $9
) hit ON true
ORDER BY hit.id DESC
"""

_SEARCH_QUIET = _SEARCH.replace("      AND e.audited\n", "")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events; None matches all. `since` is included, `until` is not.

    `quiet` adds what is not audited, and counts only with a subject: of everything it would be a flood.
    """

    types: list[str] | None = None
    actor_id: UUID | None = None
    subject_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    q: str | None = None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Rows, the newest first, and from where to go on; None at the end."""

    rows: list[dict[str, Any]]
    next: UUID | None


async def search(
    connection: Connection, organization_id: UUID, wanted: Filter, after: UUID | None, limit: int
) -> Found:
    """At most `limit` events older than `after`. With a text, a page may be short or empty and still go on."""
    stretch = limit + 1 if wanted.q is None else MOST_SEARCHED
    before = [bound for bound in (after, wanted.until and first_id(wanted.until)) if bound]
    rows = await connection.fetch(
        _SEARCH_QUIET if wanted.quiet and wanted.subject_id else _SEARCH,
        organization_id,
        wanted.types,
        wanted.actor_id,
        wanted.subject_id,
        wanted.since and first_id(wanted.since),
        min(before, default=None),
        wanted.q,
        stretch,
        limit + 1,
    )
    hits = [dict(row) for row in rows if row["id"] is not None]
    if len(hits) > limit:
        return Found(hits[:limit], hits[limit - 1]["id"])
    return Found(hits, rows[0]["last"] if rows[0]["searched"] == stretch else None)


def first_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: events are found by time through the order of their ids."""
    milliseconds = max(0, min(int(moment.timestamp() * 1000), 2**48 - 1))
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62)
