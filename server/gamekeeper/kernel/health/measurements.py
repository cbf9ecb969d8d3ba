"""Numbers of this process and of the queue for Prometheus; none of them tells about one organization."""

from prometheus_client import Gauge, generate_latest

from gamekeeper.kernel.runtime import Runtime

JOBS = Gauge("gamekeeper_jobs", "Jobs of all organizations by state.", ("status",))
WAITING = Gauge("gamekeeper_queue_waiting", "Jobs that are due and that no worker has taken.")
OLDEST = Gauge("gamekeeper_queue_oldest_seconds", "How long the oldest of them has been due.")
CONNECTIONS = Gauge("gamekeeper_database_connections", "Connections of this process's pools.", ("pool", "state"))

_QUEUE = """
SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(execute_after)), 0)::float8 AS oldest
FROM pgqueuer WHERE status = 'queued' AND execute_after <= now()
"""


async def measured(runtime: Runtime) -> bytes:
    """All measurements in Prometheus' text format."""
    async with runtime.database.read(None) as connection:
        counts = {row["status"]: row["jobs"] for row in await connection.fetch("SELECT * FROM count_jobs()")}
        queue = await connection.fetchrow(_QUEUE)
    for status in ("queued", "running", "failed"):
        JOBS.labels(status).set(counts.get(status, 0))
    if queue is not None:
        WAITING.set(queue["waiting"])
        OLDEST.set(queue["oldest"])
    pool = runtime.database.pool
    CONNECTIONS.labels("asyncpg", "idle").set(pool.get_idle_size())
    CONNECTIONS.labels("asyncpg", "open").set(pool.get_size())
    return generate_latest()
