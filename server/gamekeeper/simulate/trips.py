"""Commands to a swarm, and how long each takes until its result stands in the log."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from gamekeeper.kernel.access.permission import every_permission
from gamekeeper.kernel.background import background
from gamekeeper.kernel.caller import Access, Actor, ActorKind, Authenticated
from gamekeeper.kernel.events import log
from gamekeeper.kernel.events.service import HINT
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.events import CommandFinished
from gamekeeper.modules.fleet.public import command
from gamekeeper.simulate.enrolment import Member
from gamekeeper_wire.agent import Action

_POLL_SECONDS = 0.05


class Results:
    """Follows the log and wakes whoever waits for a command's end."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._ended: dict[UUID, asyncio.Future[float]] = {}
        self._new = asyncio.Event()

    async def run(self) -> None:
        """Follow until cancelled."""
        stop = self._runtime.hints.listen(HINT, lambda _keys: self._new.set())
        try:
            async with self._runtime.database.read(None) as connection:
                cursor = await log.head(connection)
            while True:
                self._new.clear()
                async with self._runtime.database.read(None) as connection:
                    rows = await log.read(connection, cursor)
                now = time.perf_counter()
                for row in rows:
                    cursor = row.cursor
                    if row.type == CommandFinished.type:
                        self._future(row.subject_id).set_result(now)
                if not rows:
                    await self._wait()
        finally:
            stop()

    async def ended(self, command_id: UUID) -> float:
        """The moment (`perf_counter`) at which a command's end was seen."""
        try:
            return await self._future(command_id)
        finally:
            del self._ended[command_id]

    def _future(self, command_id: UUID) -> asyncio.Future[float]:
        return self._ended.setdefault(command_id, asyncio.get_running_loop().create_future())

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_POLL_SECONDS):
                await self._new.wait()
        except TimeoutError:
            return


@asynccontextmanager
async def following(runtime: Runtime) -> AsyncGenerator[Results]:
    """Results that follow the log for as long as the block lasts."""
    results = Results(runtime)
    async with background(results=results.run):
        # A follower that begins behind the first command would wait for its end for ever.
        await asyncio.sleep(_POLL_SECONDS)
        yield results


async def round_trips(
    runtime: Runtime, organization_id: UUID, members: Sequence[Member], seconds: float, per_second: float
) -> list[float]:
    """Ask random machines for so long; seconds from the decision to the result in the log, for each command.

    A command that is not answered within 30 s counts as that.
    """
    everything = Access(frozenset(permission.value for permission in every_permission()))
    who = Authenticated(Actor(ActorKind.SYSTEM, label="Simulation"), organization_id, everything)
    async with following(runtime) as results:
        tasks: list[asyncio.Task[float]] = []
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            member = random.choice(members)  # noqa: S311 - any of them
            tasks.append(asyncio.create_task(_one(runtime, who, results, member.device_id)))
            await asyncio.sleep(1 / per_second)
        return list(await asyncio.gather(*tasks))


async def _one(runtime: Runtime, who: Authenticated, results: Results, device_id: UUID) -> float:
    began = time.perf_counter()
    async with runtime.context(who) as ctx:
        asked = await command(ctx, device_id, Action.RESTART, {})
        command_id = asked.id
    try:
        async with asyncio.timeout(30):
            return await results.ended(command_id) - began
    except TimeoutError:
        return 30.0
