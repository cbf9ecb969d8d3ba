"""Changes of links on their way to the database: gathered for a moment, then a transaction for each organization."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

import structlog

from gamekeeper.kernel.database.pools import DATABASE_LOST, STATEMENT_REFUSED
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
        """Write everything that waits now. What could not be written waits on, whatever the reason."""
        self._wake.clear()
        unwritten, self._waiting = self._waiting, {}
        try:
            for changes in _batches(unwritten.values()):
                if await self._is_written(changes):
                    for change in changes:
                        del unwritten[change.id]
        finally:
            for change in unwritten.values():
                self._put_back(change)
        if unwritten:
            await asyncio.sleep(_RETRY_SECONDS)

    async def _is_written(self, changes: Sequence[Change]) -> bool:
        try:
            async with self._runtime.as_system(changes[0].organization_id) as ctx:
                await service.apply(ctx, changes)
        except (*DATABASE_LOST, *STATEMENT_REFUSED) as error:
            log.warning("states of devices wait for the database", devices=len(changes), error=str(error))
            return False
        return True

    def _put_back(self, change: Change) -> None:
        newer = self._waiting.get(change.id)
        if newer is None or newer.epoch < change.epoch:
            self.put(change)
        elif newer.epoch == change.epoch and not newer.ip:
            self._waiting[change.id] = replace(newer, ip=change.ip)


def _batches(changes: Iterable[Change]) -> Iterator[list[Change]]:
    by_organization: dict[UUID, list[Change]] = defaultdict(list)
    for change in changes:
        by_organization[change.organization_id].append(change)
    for theirs in by_organization.values():
        for start in range(0, len(theirs), _MOST_AT_ONCE):
            yield theirs[start : start + _MOST_AT_ONCE]
