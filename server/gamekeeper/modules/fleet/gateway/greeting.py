"""The hello and what follows it: facts written down, older connections told to go, the welcome."""

from datetime import datetime
from typing import Any

import msgspec

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events import emit
from gamekeeper.modules.fleet import hooks
from gamekeeper.modules.fleet.commands import delivery
from gamekeeper.modules.fleet.devices import positions
from gamekeeper.modules.fleet.events import DeviceReported
from gamekeeper.modules.fleet.gateway.admission import TurnedAway
from gamekeeper.modules.fleet.gateway.connection import Connection
from gamekeeper_wire.agent import Hello, LogLevel
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.server import Welcome

_TOLD = ("hostname", "mode", "agent_version")

# One look for everything that is usually not so: a fleet that reconnects says the same as before and owes nothing.
_LOOK = """
SELECT d.revoked_at IS NOT NULL OR EXISTS (SELECT FROM certificates c WHERE c.organization_id = $1 AND c.serial = $10
               AND c.revoked_at IS NOT NULL) AS revoked, d.hostname, d.mode, d.agent_version,
       (d.hostname, d.os, d.arch, d.agent_version, d.mode, d.capabilities, d.machine)
           IS DISTINCT FROM ($3, $4, $5, $6, $7, $8::text::jsonb, $9::text::jsonb) AS is_news,
       EXISTS (SELECT 1 FROM commands c WHERE c.organization_id = $1 AND c.device_id = $2 AND c.expires_at > now()
               AND c.state IN ('queued', 'sent', 'acknowledged', 'running')) AS is_asked
FROM devices d WHERE d.organization_id = $1 AND d.id = $2
"""

_FACTS = """
UPDATE devices SET hostname = $3, os = $4, arch = $5, agent_version = $6, mode = $7,
       capabilities = $8::text::jsonb, machine = $9::text::jsonb
WHERE organization_id = $1 AND id = $2
"""


async def greet(connection: Connection) -> list[Frame]:
    """The frames that answer a hello: the welcome, what other modules wish, and the commands that wait.

    Raises TurnedAway for a device that was revoked since its handshake.
    """
    device = connection.device
    async with connection.context() as ctx:
        is_asked = await _take_facts(ctx, device, connection.admitted.serial)
        until, level = connection.admitted.log_until, connection.admitted.log_level
        is_followed = until is not None and level is not None and until > ctx.now
        connection.log_until = until if is_followed else None
        if is_followed:
            # Before the commands: whoever deletes the device locks it first, and then what hangs on it.
            ahead = ahead_ms(connection, ctx.now)
            connection.log_position = await positions.take_over(ctx, device.id, device.epoch, ahead)
        added = await hooks.greeting(ctx, device)
        wished = await hooks.wished(ctx, device)
        commands = await delivery.take(ctx, device, again=True) if is_asked else []
        welcome = Welcome(
            device_id=device.id,
            epoch=device.epoch,
            server_time=int(ctx.now.timestamp() * 1000),
            heartbeat_seconds=ctx.runtime.settings.agent_heartbeat_seconds,
            metrics_seconds=ctx.runtime.settings.agent_metrics_seconds,
            log_level=LogLevel(level) if is_followed and level else None,
            log_from=connection.log_position.ts if connection.log_position else None,
            lease_public_keys=added.lease_public_keys,
            station=added.station,
        )
    return [welcome, *wished, *commands]


def ahead_ms(connection: Connection, now: datetime) -> int:
    """How far the machine's clock is ahead of ours; how long the hello has waited here is not the machine's."""
    waited = connection.socket.loop.time() - connection.beat_at
    return round(connection.device.hello.time - (now.timestamp() - waited) * 1000)


async def _take_facts(ctx: Context, device: hooks.Connected, serial: str) -> bool:
    """Write down what is new of the machine. Answers whether commands wait for it. Raises TurnedAway."""
    hello: Hello = device.hello
    said = (
        ctx.organization_id,
        device.id,
        hello.hostname,
        hello.os,
        hello.arch,
        hello.agent_version,
        hello.mode.value,
        msgspec.json.encode(hello.capabilities).decode(),
        msgspec.json.encode(hello.machine).decode(),
    )
    raw = await ctx.raw()
    old = await raw.fetchrow(_LOOK, *said, serial)
    if old is None or old["revoked"]:
        raise TurnedAway(CloseCode.REVOKED, "this device was revoked")
    if old["is_news"]:
        await raw.execute(_FACTS, *said)
        new: dict[str, Any] = {name: getattr(hello, name) for name in _TOLD}
        changes = {name: str(new[name]) for name in _TOLD if old[name] != new[name]}
        if changes:
            await emit(ctx, DeviceReported(subject_id=device.id, subject_label=device.name, changes=changes))
    return bool(old["is_asked"])
