"""What the gateway does with each kind of frame."""

import asyncio
from collections.abc import Awaitable, Sequence

import asyncpg
from sqlalchemy.exc import DBAPIError

from gamekeeper.kernel.database.pools import is_deadlock
from gamekeeper.kernel.errors import GamekeeperError
from gamekeeper.kernel.realtime import ephemeral
from gamekeeper.modules.fleet import hooks
from gamekeeper.modules.fleet.authority.service import load
from gamekeeper.modules.fleet.commands import delivery, outputs
from gamekeeper.modules.fleet.devices import logs, positions
from gamekeeper.modules.fleet.devices.models import Device
from gamekeeper.modules.fleet.enrolment.service import RenewalRefused, renew
from gamekeeper.modules.fleet.gateway.connection import Connection
from gamekeeper.modules.fleet.gateway.outputs import OutOfOrder
from gamekeeper.modules.metrics.public import ReadingsNotStored, ReadingsRefused, Writer
from gamekeeper_wire import agent as wire
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.server import MetricsRefused, MetricsStored, Renewed

_MOST_PROGRESS = 500
"""Characters of a progress that are shown; it travels between processes with everybody else's."""


class Receiver:
    """Handles frames of devices that said hello, one after the other for each device."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._answers: set[asyncio.Task[None]] = set()

    async def receive(self, connection: Connection, frame: wire.AgentFrame) -> bool:
        """Handle one frame. Answers whether the device may have room for more commands."""
        match frame:
            case wire.Heartbeat():
                connection.beat(frame)
                if frame.station is not None and connection.is_news(frame.station):
                    await self._hear(connection, frame.station)
            case wire.Metrics():
                await self._store(connection, frame)
            case wire.CommandAck() | wire.CommandProgress() | wire.CommandPart() | wire.CommandResult():
                return await self._command(connection, frame)
            case wire.LogLines():
                await self._log(connection, frame)
            case wire.Renew():
                await self._renew(connection, frame)
            case wire.Hello():
                await connection.refuse("hello-repeated", "a connection begins with one hello")
            case wire.StationReport():
                connection.is_news(frame)
                await self._hear(connection, frame)
            case _:
                await self._hear(connection, frame)
        return False

    async def settle(self) -> None:
        """Wait for the answers that are still owed."""
        await asyncio.gather(*self._answers)

    async def _store(self, connection: Connection, frame: wire.Metrics) -> None:
        device = connection.device
        if not frame.replay:
            connection.sample = frame.samples[-1]
        stored = await self._writer.accept(
            device.organization_id, device.id, frame.samples, replay=frame.replay
        )  # waits while too much is in memory, and this device's socket with it
        task = asyncio.create_task(_answer(connection, frame.batch_id, stored))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _command(
        self,
        connection: Connection,
        frame: wire.CommandAck | wire.CommandProgress | wire.CommandPart | wire.CommandResult,
    ) -> bool:
        device = connection.device
        match frame:
            case wire.CommandPart():
                try:
                    connection.outputs.add(frame)
                except OutOfOrder as error:
                    await connection.refuse("part-out-of-order", f"{frame.command_id}: {error}")
                return False
            case wire.CommandAck():
                async with connection.context() as ctx:
                    known = await delivery.acknowledge(ctx, device, frame.command_id)
            case wire.CommandProgress():
                async with connection.context() as ctx:
                    known = await delivery.advance(ctx, device, frame.command_id, frame.percent)
                if known:
                    _show_progress(connection, frame)
            case wire.CommandResult():
                known = await self._finish(connection, frame, connection.outputs.take(frame.command_id))
        if not known:
            await connection.refuse("command-unknown", f"{frame.command_id} is no open command of this device")
        return isinstance(frame, wire.CommandResult)

    async def _finish(self, connection: Connection, result: wire.CommandResult, output: bytes | None) -> bool:
        device, file_id = connection.device, None
        if output is not None:
            # A transaction of its own: storing may take a while, and a file without a command expires by itself.
            async with connection.context() as ctx:
                if await delivery.expects(ctx, device, result.command_id):
                    file_id = await outputs.keep(ctx, device, output, str(result.data.get("media_type", "")))
        async with connection.context() as ctx:
            return await delivery.finish(ctx, device, result, file_id)

    async def _log(self, connection: Connection, frame: wire.LogLines) -> None:
        if connection.log_until is None:
            await connection.refuse("log-unasked", "nobody follows this log")
            return
        device = connection.device
        async with connection.context() as ctx:
            # What a superseded connection still brings is sent once more by the newer one.
            if not await positions.may_write(ctx, device.id, device.epoch):
                return
            lines = connection.log_position.new(frame.entries) if connection.log_position else frame.entries
            if lines:
                ids = await logs.keep(ctx, device.id, lines)
                logs.show(ctx, device.id, lines, ids)

    async def _renew(self, connection: Connection, frame: wire.Renew) -> None:
        try:
            async with connection.context() as ctx:
                authority = await load(connection.runtime, ctx.now)
                key = (ctx.organization_id, connection.device.id)
                device = await ctx.session.get(Device, key, with_for_update=True)
                if device is None:
                    raise RenewalRefused
                issued = await renew(ctx, authority, device, frame.csr, connection.admitted.serial)
        except GamekeeperError as error:
            await connection.refuse(error.code, error.message)
            return
        # The socket goes on: whoever held the old certificate has just been given the new one.
        connection.not_after = issued.row.not_after
        await connection.send(Renewed(chain=authority.chain(issued.leaf), ca=authority.bundle()))

    async def _hear(self, connection: Connection, frame: Frame) -> None:
        if not hooks.is_heard(type(frame)):
            return
        try:
            try:
                answers = await _heard(connection, frame)
            except (asyncpg.DeadlockDetectedError, DBAPIError) as error:
                if not is_deadlock(error):
                    raise
                # The transaction that this one gave way to goes on, and is done when the frame is heard again.
                answers = await _heard(connection, frame)
        except GamekeeperError as error:
            await connection.refuse(error.code, error.message)
            return
        await connection.send(*answers)


async def _heard(connection: Connection, frame: Frame) -> Sequence[Frame]:
    async with connection.context() as ctx:
        return await hooks.hear(ctx, connection.device, frame)


async def _answer(connection: Connection, batch_id: str, stored: Awaitable[object]) -> None:
    try:
        await stored
    except ReadingsRefused as error:
        await connection.send(MetricsRefused(batch_id=batch_id, code=error.code, message=error.message))
    except ReadingsNotStored:
        return  # unanswered, so the agent keeps the batch and sends it again
    else:
        await connection.send(MetricsStored(batch_id=batch_id))


def _show_progress(connection: Connection, frame: wire.CommandProgress) -> None:
    device, text = connection.device, frame.text[:_MOST_PROGRESS]
    ephemeral.publish(
        connection.runtime,
        device.organization_id,
        ("devices", f"device:{device.id}"),
        "command:progress",
        {"id": frame.command_id, "device_id": str(device.id), "percent": frame.percent, "text": text},
        key=f"progress:{frame.command_id}",
    )
