"""The list of members: one statement, rows to JSON."""

from typing import Any
from uuid import UUID

from gamekeeper.kernel.database.pools import Connection

_SELECT = """
SELECT u.id, m.id AS member_id, u.email, u.name, m.limited, m.version, m.created_at AS joined_at, u.last_signin_at,
       EXISTS (SELECT FROM mfa_factors f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) AS mfa_enabled,
       ARRAY(SELECT coalesce(r.builtin, r.role_id::text) FROM member_roles r
             WHERE r.organization_id = m.organization_id AND r.member_id = m.id ORDER BY 1) AS roles,
       ARRAY(SELECT s.site_id FROM member_sites s
             WHERE s.organization_id = m.organization_id AND s.member_id = m.id ORDER BY 1) AS sites
FROM members m JOIN users u ON u.id = m.user_id
WHERE m.organization_id = $1
"""

_PAGE = (
    _SELECT
    + """
  AND ($2::text IS NULL OR position(lower($2) in lower(u.name || ' ' || u.email)) > 0)
  AND ($3::text IS NULL OR EXISTS (SELECT FROM member_roles r WHERE r.organization_id = m.organization_id
       AND r.member_id = m.id AND (r.builtin = $3 OR r.role_id::text = $3)))
  AND ($4::text IS NULL OR (u.name, u.id) > ($4, $5::uuid))
ORDER BY u.name, u.id
LIMIT $6
"""
)

_ONE = _SELECT + "  AND m.user_id = $2"


async def members(
    connection: Connection,
    organization_id: UUID,
    q: str | None,
    role: str | None,
    place: tuple[Any, ...] | None,
    most: int,
) -> list[dict[str, Any]]:
    """Members by name, after `place` (name, id). `q` is part of a name or an e-mail address, `role` a role's key."""
    name, user_id = place or (None, None)
    rows = await connection.fetch(_PAGE, organization_id, q, role, name, user_id, most)
    return [dict(row) for row in rows]


async def member(connection: Connection, organization_id: UUID, user_id: UUID) -> dict[str, Any] | None:
    """One member by the account's id."""
    row = await connection.fetchrow(_ONE, organization_id, user_id)
    return dict(row) if row else None
