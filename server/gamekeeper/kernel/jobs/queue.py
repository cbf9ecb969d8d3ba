"""Putting a job into the queue, in the transaction of the change that needs it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.database.pools import Connection
from gamekeeper.kernel.jobs.library import queries_on
from gamekeeper.kernel.jobs.models import JobStatus, Lane

HINT = "jobs"

_COLUMNS = """id, name, lane, arguments, key, waiting_key, run_at, actor_kind, actor_id, actor_label, request_id, ip"""
_VALUES = """$1, $2, $3, $4::text::jsonb, $5, $6, coalesce($7, now()), $8, $9, $10, $11, $12"""
_RETURNING = "RETURNING id, greatest(run_at - now(), interval '0') AS wait"

# DO UPDATE and not DO NOTHING: it locks the job that waits until the caller has committed, so that the job cannot
# start before and miss what the caller changed.
INSERT = f"""
INSERT INTO jobs AS waiting (organization_id, {_COLUMNS}) VALUES ($13, {_VALUES})
ON CONFLICT (organization_id, waiting_key) WHERE status = 'queued' AND waiting_key IS NOT NULL
DO UPDATE SET run_at = least(waiting.run_at, excluded.run_at) {_RETURNING}
"""  # noqa: S608 - made of the constants above
INSERT_SYSTEM = f"""
INSERT INTO system_jobs AS waiting ({_COLUMNS}) VALUES ({_VALUES})
ON CONFLICT (waiting_key) WHERE status = 'queued' AND waiting_key IS NOT NULL
DO UPDATE SET run_at = least(waiting.run_at, excluded.run_at) {_RETURNING}
"""  # noqa: S608 - made of the constants above
# Waits for a worker that claims one of them at this moment, and keeps the others from being claimed meanwhile.
UNFINISHED = """
SELECT id, status FROM jobs
WHERE organization_id = $1 AND name = $2 AND key = $3 AND status IN ('queued', 'running') FOR UPDATE
"""
RECALL = "DELETE FROM jobs WHERE organization_id = $1 AND id = ANY($2)"
SOONER = """
UPDATE pgqueuer SET execute_after = least(execute_after, now() + $2::interval)
WHERE dedupe_key = $1 AND status = 'queued'
"""


@dataclass(frozen=True, slots=True)
class Order:
    """A job that is ready to be stored."""

    name: str
    lane: Lane
    arguments: dict[str, Any]
    key: str | None = None
    waiting_key: str | None = None


class Ticket(msgspec.Struct, frozen=True, omit_defaults=True, rename={"organization_id": "o", "id": "j", "lock": "k"}):
    """What pgqueuer keeps: which job, nothing of its content. Its tables know no organization."""

    id: UUID
    organization_id: UUID | None = None
    lock: int | None = None

    @property
    def table(self) -> str:
        """The table of the job's row."""
        return "jobs" if self.organization_id else "system_jobs"


def ticket_of(organization_id: UUID | None, id: UUID, key: str | None) -> Ticket:  # noqa: A002 - the column's name
    """The ticket of a stored job; a key becomes the number of an advisory lock."""
    lock = None
    if key is not None:
        digest = hashlib.blake2b(f"{organization_id or ''} {key}".encode(), digest_size=8).digest()
        lock = int.from_bytes(digest, signed=True)
    return Ticket(id=id, organization_id=organization_id, lock=lock)


async def enqueue(ctx: Context, order: Order, at: datetime | None = None) -> UUID:
    """Store a job and queue it, both in the caller's transaction. Returns the id of the job that will do it."""
    connection = await ctx.raw()
    organization_id = ctx.who.organization_id
    job_id = new_id()
    values = (
        job_id,
        order.name,
        order.lane.value,
        json.dumps(order.arguments),
        order.key,
        order.waiting_key,
        at,
        ctx.actor.kind.value,
        ctx.actor.id,
        ctx.actor.label,
        ctx.request.id,
        ctx.request.ip,
    )
    if organization_id is None:
        row = await connection.fetchrow(INSERT_SYSTEM, *values)
    else:
        row = await connection.fetchrow(INSERT, *values, organization_id)
    if row is None:
        msg = "the database stored no job"
        raise RuntimeError(msg)
    if row["id"] == job_id:
        ticket = ticket_of(organization_id, job_id, order.key)
        # A job that has a time goes before those that only wait for their turn.
        await admit(connection, order.lane, ticket, row["wait"], priority=0 if at is None else 1)
    else:
        await connection.execute(SOONER, str(row["id"]), row["wait"])
    ctx.poke(HINT)
    found: UUID = row["id"]
    return found


async def recall(ctx: Context, order: Order) -> bool:
    """Take the organization's jobs of this name and key out of the queue; none, and False, while one of them runs.

    pgqueuer finds no job to the tickets that it keeps of them, and drops them.
    """
    connection = await ctx.raw()
    unfinished = await connection.fetch(UNFINISHED, ctx.organization_id, order.name, order.key)
    if any(job["status"] == JobStatus.RUNNING.value for job in unfinished):
        return False
    await connection.execute(RECALL, ctx.organization_id, [job["id"] for job in unfinished])
    return True


async def admit(connection: Connection, lane: Lane, ticket: Ticket, wait: timedelta, *, priority: int = 0) -> None:
    """Give a stored job to pgqueuer, due after `wait` by the database's clock; once, however often it is called.

    `connection` is a context's (`ctx.raw()`): those of the other pool encode JSON themselves, and so would a second
    time what the library has encoded.
    """
    await queries_on(connection).enqueue(
        lane.value,
        msgspec.json.encode(ticket),
        priority,
        execute_after=wait,
        dedupe_key=str(ticket.id),
        on_conflict="skip",
    )
