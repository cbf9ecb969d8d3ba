"""Ephemeral values for listeners who may see a part: they wait until it is known where their subjects are."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import structlog

from gamekeeper.kernel.database.pools import DATABASE_LOST
from gamekeeper.kernel.events import places
from gamekeeper.kernel.runtime import Runtime

log = structlog.get_logger(__name__)

MOST_WAITING = 20_000
_GATHER_SECONDS = 0.1

Value: TypeAlias = dict[str, Any]
Give: TypeAlias = Callable[[UUID, Value, Sequence[UUID]], None]


class Whereabouts:
    """Looks up the places of all values that gather in a tenth of a second, in one statement an organization.

    Nothing is kept: a reading after a device was moved must not go to whoever saw the device before.
    """

    def __init__(self, runtime: Runtime, give: Give) -> None:
        """`give` gets each value with the places of its subject; none for a subject that is gone."""
        self._runtime = runtime
        self._give = give
        self._waiting: dict[tuple[UUID, str], Value] = {}
        self._wake = asyncio.Event()

    def ask(self, organization_id: UUID, value: Value) -> None:
        """Give `value` once it is known where its subject is; a newer one of the same key replaces it."""
        key = (organization_id, value["k"])
        self._waiting.pop(key, None)
        self._waiting[key] = value
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. A value that meets a lost database is dropped: the next one is soon there."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            self._wake.clear()
            waiting, self._waiting = self._waiting, {}
            values: dict[UUID, list[Value]] = defaultdict(list)
            for (organization_id, _), value in waiting.items():
                values[organization_id].append(value)
            for organization_id, theirs in values.items():
                try:
                    await self._find(organization_id, theirs)
                except DATABASE_LOST as error:
                    log.warning("values of the moment were dropped", error=str(error))

    async def _find(self, organization_id: UUID, values: Sequence[Value]) -> None:
        subjects = [places.subjects(value["t"]) for value in values]
        wanted = {subject for some in subjects for subject in some}
        async with self._runtime.database.read(organization_id) as connection:
            found = await places.find(connection, organization_id, wanted)
        for value, some in zip(values, subjects, strict=True):
            self._give(organization_id, value, [place for subject in some for place in found.get(subject, ())])
