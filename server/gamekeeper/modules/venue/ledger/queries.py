"""Reading the books."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from gamekeeper.kernel.database.pools import Connection

_BALANCES = """
SELECT id, site_id, name, family, currency, balance FROM ledger_accounts
WHERE organization_id = $1 AND ($2::uuid IS NULL OR site_id = $2)
  AND ($3::text IS NULL OR (name, currency, id) > ($3, $4::text, $5::uuid))
ORDER BY name, currency, id LIMIT $6
"""

_ENTRIES = """
SELECT t.id, t.site_id, t.key, t.kind, t.reason, t.subject_id, t.reverses_id, t.business_day, t.actor_kind,
       t.actor_label, t.posted_at,
       (SELECT json_agg(json_build_object('account', a.name, 'currency', p.currency, 'amount', p.amount)
                        ORDER BY p.amount DESC, a.name)
        FROM ledger_postings p
        JOIN ledger_accounts a ON a.organization_id = p.organization_id AND a.id = p.account_id
        WHERE p.organization_id = t.organization_id AND p.transfer_id = t.id) AS postings
FROM ledger_transfers t
WHERE t.organization_id = $1 AND ($2::uuid IS NULL OR t.site_id = $2) AND ($3::uuid IS NULL OR t.subject_id = $3)
  AND ($4::uuid IS NULL OR EXISTS (
        SELECT FROM ledger_postings p
        WHERE p.organization_id = t.organization_id AND p.transfer_id = t.id AND p.account_id = $4))
  AND ($5::uuid IS NULL OR t.id < $5)
ORDER BY t.id DESC LIMIT $6
"""


async def balances(
    connection: Connection, organization_id: UUID, site_id: UUID | None, place: Sequence[Any] | None, limit: int
) -> Sequence[Any]:
    """Accounts by name, after `place` (name, currency, id)."""
    name, currency, id_ = place or (None, None, None)
    return await connection.fetch(_BALANCES, organization_id, site_id, name, currency, id_, limit)


async def entries(
    connection: Connection,
    organization_id: UUID,
    *,
    site_id: UUID | None,
    subject_id: UUID | None,
    account_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> Sequence[Any]:
    """Transfers with their postings, the newest first."""
    return await connection.fetch(_ENTRIES, organization_id, site_id, subject_id, account_id, before, limit)
