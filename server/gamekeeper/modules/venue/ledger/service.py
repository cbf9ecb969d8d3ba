"""Posting: one balanced transfer, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.database.pools import Connection
from gamekeeper.kernel.errors import Conflict
from gamekeeper.modules.venue.ledger.chart import Account


class NotEnoughMoney(Conflict):
    """The account does not hold that much. Nothing was posted."""


class TransferKeyReused(Conflict):
    """This was already posted with other amounts. Nothing was posted again."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One side: minor units, a debit positive, a credit negative."""

    account: Account
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What shall be posted. Postings sum to zero; `key` names the fact, so that it is posted once for ever."""

    key: str
    kind: str
    reason: str
    site_id: UUID
    currency: str
    business_day: date
    postings: Sequence[Posting]
    subject_id: UUID | None = None
    reverses_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """The transfer's id; `fresh` is False where the same fact had been posted before."""

    id: UUID
    fresh: bool


async def post(ctx: Context, transfer: Transfer) -> Posted:
    """Post in the caller's transaction. A key that was used before changes nothing.

    Raises NotEnoughMoney where a guarded account would go below zero, TransferKeyReused where the key stands for
    other amounts. The database refuses what does not balance when the transaction commits.
    """
    connection = await ctx.raw()
    accounts = await _accounts(ctx, connection, transfer)
    transfer_id = new_id()
    inserted = await connection.fetchval(
        _TRANSFER,
        ctx.organization_id,
        transfer_id,
        transfer.site_id,
        transfer.key,
        transfer.kind,
        transfer.reason,
        transfer.subject_id,
        transfer.reverses_id,
        transfer.business_day,
        ctx.actor.kind.value,
        ctx.actor.id,
        ctx.actor.label,
        ctx.now,
    )
    if inserted is None:
        return await _already(ctx, connection, transfer)
    amounts = [(accounts[each.account.name], each.amount) for each in transfer.postings]
    try:
        await connection.execute(
            _POSTINGS,
            ctx.organization_id,
            transfer_id,
            transfer.currency,
            [new_id() for _ in amounts],
            [account for account, _ in amounts],
            [amount for _, amount in amounts],
        )
    except asyncpg.CheckViolationError as error:
        if error.constraint_name == "ck_ledger_accounts_guard":
            raise NotEnoughMoney from error
        raise
    return Posted(transfer_id, fresh=True)


async def _accounts(ctx: Context, connection: Connection, transfer: Transfer) -> dict[str, UUID]:
    # In the order of names: two transactions that open the same accounts wait for each other in one direction.
    accounts = sorted({each.account for each in transfer.postings}, key=lambda account: account.name)
    names = [account.name for account in accounts]
    found = await connection.fetch(_FIND, ctx.organization_id, transfer.site_id, transfer.currency, names)
    if len(found) < len(accounts):
        await connection.execute(
            _OPEN,
            ctx.organization_id,
            transfer.site_id,
            transfer.currency,
            [new_id() for _ in accounts],
            names,
            [account.family.value for account in accounts],
            [account.guarded for account in accounts],
        )
        found = await connection.fetch(_FIND, ctx.organization_id, transfer.site_id, transfer.currency, names)
    return {row["name"]: row["id"] for row in found}


async def _already(ctx: Context, connection: Connection, transfer: Transfer) -> Posted:
    rows = await connection.fetch(_STANDING, ctx.organization_id, transfer.key)
    standing = sorted((str(row["name"]), str(row["currency"]), int(row["amount"])) for row in rows)
    wanted = sorted((each.account.name, transfer.currency, each.amount) for each in transfer.postings)
    if not rows or standing != wanted:
        raise TransferKeyReused(key=transfer.key)
    return Posted(rows[0]["id"], fresh=False)


_TRANSFER = """
INSERT INTO ledger_transfers (organization_id, id, site_id, key, kind, reason, subject_id, reverses_id,
                              business_day, actor_kind, actor_id, actor_label, posted_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (organization_id, key) DO NOTHING
RETURNING id
"""

# One statement, so that the balances are locked together and in one order.
_POSTINGS = """
INSERT INTO ledger_postings (organization_id, id, transfer_id, account_id, currency, amount)
SELECT $1, side.id, $2, side.account_id, $3, side.amount
FROM unnest($4::uuid[], $5::uuid[], $6::bigint[]) AS side (id, account_id, amount)
"""

_FIND = """
SELECT name, id FROM ledger_accounts
WHERE organization_id = $1 AND site_id = $2 AND currency = $3 AND name = ANY($4::text[])
"""

_OPEN = """
INSERT INTO ledger_accounts (organization_id, id, site_id, name, family, currency, guarded)
SELECT $1, account.id, $2, account.name, account.family, $3, account.guarded
FROM unnest($4::uuid[], $5::text[], $6::text[], $7::boolean[]) AS account (id, name, family, guarded)
ON CONFLICT (organization_id, site_id, name, currency) DO NOTHING
"""

_STANDING = """
SELECT t.id, a.name, p.currency, p.amount
FROM ledger_transfers t
JOIN ledger_postings p ON p.organization_id = t.organization_id AND p.transfer_id = t.id
JOIN ledger_accounts a ON a.organization_id = p.organization_id AND a.id = p.account_id
WHERE t.organization_id = $1 AND t.key = $2
"""
