"""The hello and what follows it: facts written down, older connections told to go, the welcome."""

from typing import Any

import msgspec

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events import emit
from gamekeeper.modules.fleet import hooks
from gamekeeper.modules.fleet.commands import delivery
from gamekeeper.modules.fleet.events import DeviceReported
from gamekeeper.modules.fleet.gateway.admission import TurnedAway
from gamekeeper.modules.fleet.gateway.connection import HEARTBEAT_SECONDS, METRICS_SECONDS, Connection
from gamekeeper_wire.agent import Hello, LogLevel
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.server import Welcome

_TOLD = ("hostname", "mode", "agent_version")

# Written only when something is new: a fleet that reconnects says the same as before.
_FACTS = """
WITH old AS (
    SELECT hostname, mode, agent_version FROM devices WHERE organization_id = $1 AND id = $2
)
UPDATE devices d SET hostname = $3, os = $4, arch = $5, agent_version = $6, mode = $7,
       capabilities = $8::text::jsonb, machine = $9::text::jsonb
FROM old
WHERE d.organization_id = $1 AND d.id = $2
  AND (d.hostname, d.os, d.arch, d.agent_version, d.mode, d.capabilities, d.machine)
      IS DISTINCT FROM ($3, $4, $5, $6, $7, $8::text::jsonb, $9::text::jsonb)
RETURNING old.hostname, old.mode, old.agent_version
"""


async def greet(connection: Connection) -> list[Frame]:
    """The frames that answer a hello: the welcome, what other modules wish, and the commands that wait.

    Raises TurnedAway for a device that was revoked since its handshake.
    """
    device = connection.device
    async with connection.context() as ctx:
        await _write_facts(ctx, device)
        await _check_again(ctx, device)
        added = await hooks.greeting(ctx, device)
        wished = await hooks.wished(ctx, device)
        commands = await delivery.take(ctx, device, again=True)
        until, level = connection.admitted.log_until, connection.admitted.log_level
        is_followed = until is not None and level is not None and until > ctx.now
        connection.log_until = until if is_followed else None
        welcome = Welcome(
            device_id=device.id,
            epoch=device.epoch,
            server_time=int(ctx.now.timestamp() * 1000),
            heartbeat_seconds=HEARTBEAT_SECONDS,
            metrics_seconds=METRICS_SECONDS,
            log_level=LogLevel(level) if is_followed and level else None,
            lease_public_keys=added.lease_public_keys,
            station=added.station,
        )
    return [welcome, *wished, *commands]


async def _check_again(ctx: Context, device: hooks.Connected) -> None:
    raw = await ctx.raw()
    revoked = await raw.fetchval(
        "SELECT revoked_at IS NOT NULL FROM devices WHERE organization_id = $1 AND id = $2",
        ctx.organization_id,
        device.id,
    )
    if revoked is not False:
        raise TurnedAway(CloseCode.REVOKED, "this device was revoked")


async def _write_facts(ctx: Context, device: hooks.Connected) -> None:
    hello: Hello = device.hello
    raw = await ctx.raw()
    old = await raw.fetchrow(
        _FACTS,
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
    if old is None:
        return
    new: dict[str, Any] = {"hostname": hello.hostname, "mode": hello.mode.value, "agent_version": hello.agent_version}
    changes = {name: new[name] for name in _TOLD if old[name] != new[name]}
    if changes:
        await emit(ctx, DeviceReported(subject_id=device.id, subject_label=device.name, changes=changes))
