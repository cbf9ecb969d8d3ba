"""A device's side of the queue: what it is to be sent, and what it answers."""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events import emit
from gamekeeper.modules.fleet.commands.models import NO_RESULT, OPEN, UNDERWAY, Command, CommandState
from gamekeeper.modules.fleet.commands.service import tell_end
from gamekeeper.modules.fleet.events import CommandAcknowledged, CommandSent
from gamekeeper.modules.fleet.hooks import Connected
from gamekeeper_wire.agent import CommandResult
from gamekeeper_wire.server import CommandRequest

_MOST_AT_ONCE = 32
"""What an agent lets wait; the rest is sent when something ends or at the next connection."""


async def take(ctx: Context, device: Connected, *, again: bool) -> list[CommandRequest]:
    """The commands whose turn it is. `again`, after a hello: also those that were sent or taken and have no result.

    The agent does each once and repeats its result, so sending again is how a lost answer is asked for.
    """
    states = OPEN if again else (CommandState.QUEUED,)
    statement = (
        select(Command)
        .where(
            Command.organization_id == ctx.organization_id,
            Command.device_id == device.id,
            Command.state.in_(states),
            Command.expires_at > ctx.now,
            or_(Command.not_before.is_(None), Command.not_before <= ctx.now),
        )
        .order_by(Command.id)
        .limit(_MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    requests: list[CommandRequest] = []
    for command in await ctx.scalars(statement):
        if command.state == CommandState.QUEUED:
            command.state = CommandState.SENT
            command.sent_at = ctx.now
            await emit(ctx, CommandSent(**_step(command, device)))
        requests.append(
            CommandRequest(
                command_id=str(command.id),
                action=command.action,
                params=command.params,
                ttl_ms=max(0, int((command.expires_at - ctx.now).total_seconds() * 1000)),
            )
        )
    return requests


async def acknowledge(ctx: Context, device: Connected, command_id: str) -> bool:
    """The device wrote a command down; False for one that is not its own."""
    command = await _mine(ctx, device, command_id)
    if command is None:
        return False
    if command.acknowledge(ctx.now):
        await emit(ctx, CommandAcknowledged(**_step(command, device)))
    return True


async def advance(ctx: Context, device: Connected, command_id: str, percent: int | None) -> bool:
    """The device is at it; False for a command that is not its own or has ended."""
    command = await _mine(ctx, device, command_id)
    if command is None:
        return False
    was_waiting = command.state not in UNDERWAY
    if not command.advance(percent, ctx.now):
        return False
    if was_waiting:
        await emit(ctx, CommandAcknowledged(**_step(command, device)))
    return True


async def finish(ctx: Context, device: Connected, result: CommandResult, file_id: UUID | None) -> bool:
    """The device told how a command ended, perhaps once more; False for one that is not its own."""
    command = await _mine(ctx, device, result.command_id)
    if command is None:
        return False
    is_awaited = command.is_open or command.code == NO_RESULT
    data: dict[str, Any] = dict(result.data)
    if command.finish(ok=result.ok, code=result.code, message=result.message, data=data, now=ctx.now):
        command.file_id = file_id
        if is_awaited:
            await tell_end(ctx, command, device.name)
    return True


async def expects(ctx: Context, device: Connected, command_id: str) -> bool:
    """Whether an output of this command would be kept. Locks nothing: storing it may take a while."""
    try:
        id_ = UUID(command_id)
    except ValueError:
        return False
    statement = select(Command.id).where(
        Command.organization_id == ctx.organization_id,
        Command.device_id == device.id,
        Command.id == id_,
        Command.finished_at.is_(None),
    )
    return (await ctx.session.execute(statement)).scalar_one_or_none() is not None


async def _mine(ctx: Context, device: Connected, command_id: str) -> Command | None:
    try:
        id_ = UUID(command_id)
    except ValueError:
        return None
    statement = (
        select(Command)
        .where(Command.organization_id == ctx.organization_id, Command.device_id == device.id, Command.id == id_)
        .with_for_update()
    )
    return (await ctx.session.execute(statement)).scalar_one_or_none()


def _step(command: Command, device: Connected) -> dict[str, Any]:
    return {
        "subject_id": command.id,
        "subject_label": device.name,
        "device_id": device.id,
        "action": command.action,
    }
