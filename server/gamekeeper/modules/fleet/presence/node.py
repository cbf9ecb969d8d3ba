"""Gateways say that they live, and whoever lives takes the devices of those that died offline."""

from collections import defaultdict
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.presence import service

log = structlog.get_logger(__name__)

STALE = timedelta(seconds=15)
"""A gateway that was silent this long is dead, by the database's clock alone."""
UNSAID = timedelta(seconds=90)
"""A connection of which a living gateway said nothing this long is gone: a ping and a flush each take seconds."""
_SWEEP_LOCK = 0x67616D65_7377  # "gamesw": the advisory lock of whoever sweeps


async def beat(runtime: Runtime, name: str) -> None:
    """This gateway lives."""
    async with runtime.database.write(None) as connection:
        await connection.execute(
            """INSERT INTO gateway_nodes (id, name) VALUES ($1, $2)
               ON CONFLICT (id) DO UPDATE SET beat_at = now(), leaving = false""",
            runtime.node,
            name,
        )


async def leave(runtime: Runtime) -> None:
    """This gateway goes on purpose. Its devices have STALE to come back; who does not is then said to be offline."""
    async with runtime.database.write(None) as connection:
        await connection.execute("UPDATE gateway_nodes SET leaving = true, beat_at = now() WHERE id = $1", runtime.node)


async def sweep(runtime: Runtime) -> int:
    """Take devices offline that only a dead gateway calls connected, or none has for long; how many.

    One sweeps at a time.
    """
    async with runtime.database.write(None) as lease:
        if not await lease.fetchval("SELECT pg_try_advisory_xact_lock($1)", _SWEEP_LOCK):
            return 0
        rows = await lease.fetch("SELECT * FROM lost_presence($1, $2)", STALE, UNSAID)
        by_organization: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
        for row in rows:
            by_organization[row["organization_id"]].append(row)
        for organization_id, found in by_organization.items():
            async with runtime.as_system(organization_id) as ctx:
                await service.lose(
                    ctx,
                    [row["id"] for row in found],
                    [row["epoch"] for row in found],
                    [row["reason"] for row in found],
                )
        await lease.execute("DELETE FROM gateway_nodes WHERE beat_at < now() - interval '1 hour'")
    if rows:
        log.info("devices without a gateway are offline", devices=len(rows))
    return len(rows)
