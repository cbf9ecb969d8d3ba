"""What jobs need to stay healthy: queueing again what was lost, forgetting what is long done."""

from datetime import timedelta

import structlog

from gamekeeper.kernel.caller import SYSTEM, Authenticated
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.housekeeping.lifetimes import forget
from gamekeeper.kernel.jobs.models import Lane
from gamekeeper.kernel.jobs.queue import admit, ticket_of
from gamekeeper.kernel.jobs.registry import every, job
from gamekeeper.kernel.runtime import Runtime

log = structlog.get_logger(__name__)

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
    """Clear the queue's own diary.

    It tells each step of each job; our own rows say all that is asked.
    """
    await (await ctx.raw()).execute("DELETE FROM pgqueuer_log WHERE created < now() - interval '10 minutes'")


for table, is_global in (("jobs", False), ("system_jobs", True)):
    forget(
        table,
        "r.status = 'done' AND r.finished_at < $1",
        lambda settings: timedelta(days=settings.keep_jobs_days),
        global_=is_global,
    )
    forget(
        table,
        "r.status = 'failed' AND r.finished_at < $1",
        lambda settings: timedelta(days=settings.keep_failed_jobs_days),
        global_=is_global,
    )
forget(
    "idempotency_keys",
    "r.created_at < $1",
    lambda settings: timedelta(days=settings.keep_requests_days),
    key=("actor_id", "key"),
)
