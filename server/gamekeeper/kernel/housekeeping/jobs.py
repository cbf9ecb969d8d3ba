"""Ending lifetimes: in small batches, each a transaction of its own, so that nobody waits for it."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import structlog

from gamekeeper.kernel.housekeeping.lifetimes import Lifetime, every_lifetime
from gamekeeper.kernel.jobs import Errand, errand, every
from gamekeeper.kernel.runtime import Runtime

log = structlog.get_logger(__name__)

BATCH = 500
_PAUSE_SECONDS = 0.02
"""Between two batches, for those who came meanwhile."""


@every("23 * * * *")
@errand(retries=2, timeout=3000, single=True)
async def forget_what_is_old(errand: Errand) -> None:
    """Remove what has been kept long enough."""
    await sweep(errand.runtime)


async def sweep(runtime: Runtime) -> Counter[str]:
    """Remove everything whose lifetime is over; how many rows of which table.

    Raises ExceptionGroup when a table refused, after all the others have had their turn.
    """
    removed: Counter[str] = Counter()
    refused: list[Exception] = []
    async with runtime.database.read(None) as connection:
        organizations: list[UUID] = [row["id"] for row in await connection.fetch("SELECT organization_ids() AS id")]
    for lifetime in every_lifetime():
        for organization_id in [None] if lifetime.global_ else organizations:
            try:
                removed[lifetime.table] += await _end(runtime, lifetime, organization_id)
            except asyncpg.PostgresError as error:
                refused.append(error)
    gone = {table: rows for table, rows in removed.items() if rows}
    if gone:
        log.info("old rows were removed", **gone)
    if refused:
        raise ExceptionGroup("some old rows could not be removed", refused)
    return removed


async def _end(runtime: Runtime, lifetime: Lifetime, organization_id: UUID | None) -> int:
    kept = lifetime.kept(runtime.settings)
    if kept is None:
        return 0
    before = datetime.now(UTC) - kept
    values = [before] if organization_id is None else [before, organization_id]
    removed = 0
    while True:
        async with runtime.database.write(organization_id) as connection:
            done = await connection.execute(lifetime.statement(BATCH), *values)
        rows = int(done.rpartition(" ")[2])
        removed += rows
        if rows < BATCH:
            return removed
        await asyncio.sleep(_PAUSE_SECONDS)
