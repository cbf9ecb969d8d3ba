"""Sends devices what somebody wants of them, as soon as a hint says so."""

import asyncio
from collections.abc import Coroutine, Generator, Iterable
from contextlib import contextmanager
from typing import Any

import structlog

from gamekeeper.kernel.database.pools import DATABASE_LOST
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.settings import Settings
from gamekeeper.modules.fleet import hooks
from gamekeeper.modules.fleet.commands import delivery
from gamekeeper.modules.fleet.commands.service import HINT as COMMANDS
from gamekeeper.modules.fleet.devices.models import Device
from gamekeeper.modules.fleet.devices.service import CHANGED, REVOKED
from gamekeeper.modules.fleet.gateway.connection import Connection
from gamekeeper.modules.fleet.gateway.registry import Registry
from gamekeeper_wire.agent import LogLevel
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.server import Intervals

log = structlog.get_logger(__name__)

WISHES = "devices:wishes"
"""Poked with ids of devices for which a module wishes something else than before."""
_AT_ONCE = 8

_IS_REVOKED = """
SELECT NOT EXISTS (SELECT FROM devices WHERE organization_id = $1 AND id = $2 AND revoked_at IS NULL)
    OR EXISTS (SELECT FROM certificates WHERE organization_id = $1 AND serial = $3 AND revoked_at IS NOT NULL)
"""


class Dispatch:
    """Looks up what a hint is about, a few devices at a time. A lost hint is made good by the next flush or hello."""

    def __init__(self, runtime: Runtime, registry: Registry) -> None:
        self._runtime = runtime
        self._registry = registry
        self._tasks: set[asyncio.Task[None]] = set()
        self._database = asyncio.Semaphore(_AT_ONCE)

    @contextmanager
    def listening(self) -> Generator[None]:
        """Listen to hints for as long as the block lasts."""
        hints, registry = self._runtime.hints, self._registry
        stops = [
            hints.listen(COMMANDS, lambda keys: self.commands(registry.named(keys))),
            hints.listen(WISHES, lambda keys: self.wishes(registry.named(keys))),
            hints.listen(CHANGED, lambda keys: self.changed(registry.named(keys))),
            # Without names anything may have been revoked while nobody listened: the next flush knows.
            hints.listen(REVOKED, lambda keys: self.perhaps_revoked(registry.named(keys) if keys else [])),
        ]
        try:
            yield
        finally:
            for stop in stops:
                stop()
            for task in self._tasks:
                task.cancel()

    def commands(self, connections: Iterable[Connection]) -> None:
        """Send what waits in the queue."""
        for connection in connections:
            self.spawn(self._commands(connection))

    def wishes(self, connections: Iterable[Connection]) -> None:
        """Send what other modules wish now."""
        for connection in connections:
            self.spawn(self._wishes(connection))

    def changed(self, connections: Iterable[Connection]) -> None:
        """Tell devices of settings that people changed."""
        for connection in connections:
            self.spawn(self._settings(connection))

    def revoked(self, connections: Iterable[Connection]) -> None:
        """Close what was revoked."""
        for connection in connections:
            self.spawn(connection.end(CloseCode.REVOKED, "this device was revoked"))

    def perhaps_revoked(self, connections: Iterable[Connection]) -> None:
        """Close what was revoked, and not a machine that took the device over while the hint was on its way."""
        for connection in connections:
            self.spawn(self._leave_if_revoked(connection))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the connections' own loops."""
        task = asyncio.create_task(self._logged(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _logged(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except DATABASE_LOST as error:
            log.warning("something for a device waits for the database", error=str(error))
        except Exception:  # the outermost edge of this task: nobody else would hear of it
            log.exception("something for a device broke")

    async def _leave_if_revoked(self, connection: Connection) -> None:
        device, serial = connection.device, connection.admitted.serial
        async with self._database, self._runtime.database.read(device.organization_id) as raw:
            is_revoked = await raw.fetchval(_IS_REVOKED, device.organization_id, device.id, serial)
        if is_revoked:
            self.revoked([connection])

    async def _commands(self, connection: Connection) -> None:
        async with self._database, connection.context() as ctx:
            requests = await delivery.take(ctx, connection.device, again=False)
        await connection.send(*requests)

    async def _wishes(self, connection: Connection) -> None:
        async with self._database, connection.context() as ctx:
            frames = await hooks.wished(ctx, connection.device)
        await connection.send(*frames)

    async def _settings(self, connection: Connection) -> None:
        async with self._database, connection.context() as ctx:
            device = await ctx.session.get(Device, (ctx.organization_id, connection.device.id))
            if device is None or device.revoked_at is not None:
                level, until = None, None
            else:
                is_followed = device.log_until is not None and device.log_until > ctx.now
                level, until = (device.log_level, device.log_until) if is_followed else (None, None)
        if until == connection.log_until:
            return
        connection.log_until = until
        await connection.send(intervals(self._runtime.settings, LogLevel(level) if level else None))


def intervals(settings: Settings, level: LogLevel | None) -> Intervals:
    """The intervals of a connected agent, and what of its log it should send."""
    return Intervals(
        heartbeat_seconds=settings.agent_heartbeat_seconds,
        metrics_seconds=settings.agent_metrics_seconds,
        log_level=level,
    )
