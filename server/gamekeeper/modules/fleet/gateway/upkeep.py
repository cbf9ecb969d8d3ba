"""What happens on a clock: the flush of presence, the sweep after dead gateways, ends of certificates and commands."""

import asyncio
import platform
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

import structlog

from gamekeeper.kernel.database.pools import DATABASE_LOST
from gamekeeper.modules.fleet.authority.service import HINT as AUTHORITY
from gamekeeper.modules.fleet.authority.service import ensure
from gamekeeper.modules.fleet.commands.expiry import expire
from gamekeeper.modules.fleet.gateway import tls
from gamekeeper.modules.fleet.gateway.connection import Connection
from gamekeeper.modules.fleet.gateway.dispatch import intervals
from gamekeeper.modules.fleet.presence import node
from gamekeeper.modules.fleet.presence.flush import Verdict, flush
from gamekeeper.modules.fleet.presence.models import Change
from gamekeeper_wire.close import CloseCode

if TYPE_CHECKING:
    # The gateway holds its upkeep, so one of the two must look the other way.
    from gamekeeper.modules.fleet.gateway.server import Gateway

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 5.0
_TICK_SECONDS = 1.0
_AUTHORITY_SECONDS = 3600.0


class Upkeep:
    """One clock for all connections of a gateway."""

    SUPERSEDED: ClassVar[str] = "devices:superseded"
    """Poked with `<device> <epoch>`: whoever holds an older connection of it lets go."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self.flushed_at = 0.0
        self._authority_at = 0.0

    @contextmanager
    def listening(self) -> Generator[None]:
        """Listen to hints for as long as the block lasts."""
        hints = self._gateway.runtime.hints
        stops = [
            hints.listen(self.SUPERSEDED, self._superseded),
            hints.listen(AUTHORITY, lambda _keys: self._gateway.dispatch.spawn(self.refresh_authority())),
        ]
        try:
            yield
        finally:
            for stop in stops:
                stop()

    async def run(self) -> None:
        """Tick until cancelled. A database that is away delays what needs it, and nothing else."""
        loop = asyncio.get_running_loop()
        self._authority_at = loop.time()
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            await self._end_what_ended()
            try:
                await expire(self._gateway.runtime)
                if loop.time() - self.flushed_at >= FLUSH_SECONDS:
                    self.flushed_at = loop.time()
                    await self.flush()
                    await node.sweep(self._gateway.runtime)
                if loop.time() - self._authority_at >= _AUTHORITY_SECONDS:
                    self._authority_at = loop.time()
                    await self.refresh_authority()
            except DATABASE_LOST as error:
                log.warning("the gateway's upkeep waits for the database", error=str(error))

    async def flush(self) -> None:
        """Say of all connections that they stand, and put right what the database says about them."""
        gateway = self._gateway
        await node.beat(gateway.runtime, platform.node())
        now = asyncio.get_running_loop().time()
        connections = [connection for connection in gateway.registry if not connection.ended]
        for connection in connections:
            self._judge(connection, now)
        if not connections:
            return
        asked = {connection.device.id: connection for connection in connections}
        waiting: list[Connection] = []
        for device_id, verdict in await flush(gateway.runtime, [each.standing(now) for each in connections]):
            connection = gateway.registry.get(device_id)
            if connection is None or connection is not asked[device_id]:
                continue  # another one took its place meanwhile, of which nothing was asked
            match verdict:
                case Verdict.GONE | Verdict.REVOKED:
                    gateway.dispatch.revoked([connection])
                case Verdict.SUPERSEDED:
                    gateway.dispatch.spawn(connection.end(CloseCode.SUPERSEDED, "a newer connection took over"))
                case Verdict.DRIFTED:
                    self._put(connection)
                case Verdict.WAITING:
                    waiting.append(connection)
        gateway.dispatch.commands(waiting)

    async def refresh_authority(self) -> None:
        """Trust what is trusted now, and show a fresh certificate. Open connections go on."""
        gateway = self._gateway
        gateway.authority = await ensure(gateway.runtime, datetime.now(UTC))
        tls.refresh(gateway.tls, gateway.authority, gateway.runtime.settings)

    def _judge(self, connection: Connection, now: float) -> None:
        link, reason = connection.judge(now)
        if link is not connection.link:
            connection.link = link
            self._put(connection, reason)

    def _put(self, connection: Connection, reason: str | None = None) -> None:
        said = connection.judge(asyncio.get_running_loop().time())[1] if reason is None else reason
        device = connection.device
        self._gateway.changes.put(
            Change(device.organization_id, device.id, device.epoch, connection.link, datetime.now(UTC), said)
        )

    async def _end_what_ended(self) -> None:
        now = datetime.now(UTC)
        for connection in self._gateway.registry:
            if connection.not_after <= now:
                self._gateway.dispatch.spawn(
                    connection.end(CloseCode.CERTIFICATE_EXPIRED, "the certificate has expired")
                )
            elif connection.log_until is not None and connection.log_until <= now:
                connection.log_until = None
                await connection.send(intervals(self._gateway.runtime.settings, None))

    def _superseded(self, keys: frozenset[str]) -> None:
        for key in keys:
            device, _, epoch = key.partition(" ")
            connection = self._gateway.registry.get(UUID(device))
            if connection is not None and connection.device.epoch < int(epoch):
                self._gateway.dispatch.spawn(connection.end(CloseCode.SUPERSEDED, "a newer connection took over"))
