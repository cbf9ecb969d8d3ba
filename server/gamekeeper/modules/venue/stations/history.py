"""What happened at a seat: to itself, and in the sessions that were there, whose events have the session as subject."""

from typing import Any
from uuid import UUID

from gamekeeper.kernel.database.pools import Connection

# The newest of each subject by its index, then the newest of those: one sort of few rows, however long the log is.
# So many sessions suffice because each told of its start at least.
_HISTORY = """
WITH subjects AS (
    SELECT $2::uuid AS id
    UNION ALL
    (SELECT v.id FROM venue_sessions v WHERE v.organization_id = $1 AND v.station_id = $2 ORDER BY v.id DESC LIMIT $3)
)
SELECT happened.*
FROM subjects s
CROSS JOIN LATERAL (
    SELECT e.id, e.type, e.subject_id, e.subject_label, e.actor_kind, e.actor_id, e.actor_label,
           e.request_id, e.ip, e.data, e.created_at
    FROM events e
    WHERE e.organization_id = $1 AND e.subject_id = s.id AND e.audited
    ORDER BY e.id DESC
    LIMIT $3
) happened
ORDER BY happened.id DESC
LIMIT $3
"""


async def history(connection: Connection, organization_id: UUID, station_id: UUID, limit: int) -> list[dict[str, Any]]:
    """At most `limit` audited events, the newest first."""
    return [dict(row) for row in await connection.fetch(_HISTORY, organization_id, station_id, limit)]
