"""Changes of links on their way to the database: gathered for a moment, then a transaction for each organization."""

import asyncio
from collections import defaultdict
from dataclasses import replace
from uuid import UUID

import structlog

from gamekeeper.kernel.database.pools import DATABASE_LOST
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.presence import service
from gamekeeper.modules.fleet.presence.models import Change

log = structlog.get_logger(__name__)

_GATHER_SECONDS = 0.02
_MOST_AT_ONCE = 200
_RETRY_SECONDS = 0.5


class Changes:
    """Holds the newest change of each device until it is written. A database that is away only delays it."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._waiting: dict[UUID, Change] = {}
        self._wake = asyncio.Event()

    def put(self, change: Change) -> None:
        """Write a change soon, unless a newer connection of the device has said something already."""
        waiting = self._waiting.get(change.id)
        if waiting is not None and waiting.epoch > change.epoch:
            return
        if waiting is not None and waiting.epoch == change.epoch and not change.ip:
            change = replace(change, ip=waiting.ip)
        self._waiting[change.id] = change
        self._wake.set()

    async def run(self) -> None:
        """Write what gathers, until cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            await self.write()

    async def write(self) -> None:
        """Write everything that waits now."""
        self._wake.clear()
        by_organization: dict[UUID, list[Change]] = defaultdict(list)
        waiting, self._waiting = self._waiting, {}
        for change in waiting.values():
            by_organization[change.organization_id].append(change)
        for organization_id, changes in by_organization.items():
            for start in range(0, len(changes), _MOST_AT_ONCE):
                await self._write_some(organization_id, changes[start : start + _MOST_AT_ONCE])

    async def _write_some(self, organization_id: UUID, changes: list[Change]) -> None:
        try:
            async with self._runtime.as_system(organization_id) as ctx:
                await service.apply(ctx, changes)
        except DATABASE_LOST as error:
            log.warning("states of devices wait for the database", devices=len(changes), error=str(error))
            for change in changes:
                if change.id not in self._waiting:
                    self.put(change)
            await asyncio.sleep(_RETRY_SECONDS)
