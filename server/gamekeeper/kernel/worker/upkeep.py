"""What jobs need to stay healthy: queueing again what was lost, forgetting what is long done."""

from datetime import timedelta

import structlog

from gamekeeper.kernel.caller import SYSTEM, Authenticated
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.jobs.models import Lane
from gamekeeper.kernel.jobs.queue import admit, ticket_of
from gamekeeper.kernel.jobs.registry import every, job
from gamekeeper.kernel.runtime import Runtime

log = structlog.get_logger(__name__)

KEEP_DONE = timedelta(days=2)
KEEP_FAILED = timedelta(days=30)
KEEP_ANSWERS = timedelta(days=2)
"""How long a request with an Idempotency-Key is known again."""
_LOCK = 0x6A6F6273  # "jobs": the advisory lock of whoever rescues
_MOST = 500

STRANDED_OF_THE_SYSTEM = """
SELECT NULL::uuid AS organization_id, j.id, j.lane, j.key, greatest(j.run_at - now(), interval '0') AS wait
FROM system_jobs j
WHERE j.status IN ('queued', 'running') AND NOT EXISTS (
    SELECT FROM pgqueuer q WHERE q.dedupe_key = j.id::text AND q.status IN ('queued', 'picked'))
LIMIT $1
"""


async def rescue(runtime: Runtime) -> int:
    """Queue jobs again that pgqueuer no longer has, such as those of a worker that was cancelled. Returns how many.

    A job and its place in the queue are written together, so there are none in ordinary times.
    """
    async with runtime.context(Authenticated(actor=SYSTEM)) as ctx:
        connection = await ctx.raw()
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
            return 0
        rows = await connection.fetch("SELECT * FROM stranded_jobs($1)", _MOST)
        rows += await connection.fetch(STRANDED_OF_THE_SYSTEM, _MOST)
        for row in rows:
            ticket = ticket_of(row["organization_id"], row["id"], row["key"])
            await admit(connection, Lane(row["lane"]), ticket, row["wait"])
    if rows:
        log.warning("jobs had lost their place in the queue and were put back", jobs=len(rows))
    return len(rows)


@every("*/10 * * * *")
@job(retries=2)
async def prune(ctx: Context) -> None:
    """Forget jobs that are long done."""
    connection = await ctx.raw()
    await connection.fetchval("SELECT prune_jobs($1, $2)", KEEP_DONE, KEEP_FAILED)
    await connection.execute(
        """DELETE FROM system_jobs WHERE (status = 'done' AND finished_at < now() - $1::interval)
                                      OR (status = 'failed' AND finished_at < now() - $2::interval)""",
        KEEP_DONE,
        KEEP_FAILED,
    )
    # The library writes a line for each step of each job; our own rows say all that anybody asks for.
    await connection.execute("DELETE FROM pgqueuer_log WHERE created < now() - interval '10 minutes'")


@every("41 3 * * *", each_organization=True)
@job(retries=2)
async def forget_answers(ctx: Context) -> None:
    """Forget answers to requests that nobody repeats any more."""
    connection = await ctx.raw()
    await connection.execute(
        "DELETE FROM idempotency_keys WHERE organization_id = $1 AND created_at < now() - $2::interval",
        ctx.organization_id,
        KEEP_ANSWERS,
    )
