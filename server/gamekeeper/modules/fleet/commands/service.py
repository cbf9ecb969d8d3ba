"""Asking devices to do things, and taking it back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.access.permission import Permission
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Invalid, NotFound
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.events.service import emit_all
from gamekeeper.modules.fleet.commands.models import Command, CommandState
from gamekeeper.modules.fleet.devices.models import Device, RefusedByMachine
from gamekeeper.modules.fleet.events import CommandExpired, CommandFinished, CommandQueued
from gamekeeper.modules.fleet.permissions import May
from gamekeeper_wire.agent import Action

HINT = "commands"
"""Poked with ids of devices that have something to do."""
DEFAULT_TTL = timedelta(minutes=5)
_LOOKING = frozenset({Action.LOGS, Action.SCREENSHOT})
_MOST_LOG_LINES = 20_000


class BadParameters(Invalid):
    """These parameters do not fit the action."""


def permission_for(action: Action) -> Permission:
    """Looking at a machine and changing it are two rights."""
    return May.INSPECT if action in _LOOKING else May.COMMAND


def check(action: Action, params: dict[str, Any]) -> None:
    """Raise BadParameters for what the agent would refuse anyway; a person should hear it at once."""
    if action is Action.LOGS:
        lines = params.get("lines", 1)
        if not isinstance(lines, int) or isinstance(lines, bool) or not 1 <= lines <= _MOST_LOG_LINES:
            raise BadParameters(f"lines must be a number from 1 to {_MOST_LOG_LINES}.")
    if action is Action.UPDATE:
        missing = [name for name in ("version", "url", "signature") if not isinstance(params.get(name), str)]
        if missing:
            raise BadParameters(f"An update needs {', '.join(missing)}.")


async def issue(
    ctx: Context, device_id: UUID, action: Action, params: dict[str, Any], ttl: timedelta = DEFAULT_TTL
) -> Command:
    """Ask one device. Raises RefusedByMachine with a sentence when it is known that it will not."""
    check(action, params)
    device = await ctx.get(Device, device_id, permission_for(action))
    refusal = device.refusal(action)
    if refusal:
        raise RefusedByMachine(refusal, mode=device.mode, action=action.value)
    return (await queue(ctx, [(device.id, device.name)], action, params, ttl))[0]


async def queue(
    ctx: Context,
    devices: Sequence[tuple[UUID, str]],
    action: Action,
    params: dict[str, Any],
    ttl: timedelta,
    bulk_id: UUID | None = None,
    spread: timedelta = timedelta(),
) -> list[Command]:
    """Write commands down for devices (id and name) that may be asked: all now, or one after the other over `spread`.

    Those whose turn comes later are found by the next flush of their gateway. Each has the whole `ttl` from its turn.
    """
    made: list[Command] = []
    told: list[CommandQueued] = []
    step = spread / max(1, len(devices) - 1)
    for place, (device_id, name) in enumerate(devices):
        turn = ctx.now + place * step
        command = Command(
            organization_id=ctx.organization_id,
            device_id=device_id,
            action=action.value,
            params=params,
            state=CommandState.QUEUED,
            issuer_kind=ctx.actor.kind.value,
            issuer_id=ctx.actor.id,
            issuer_label=ctx.actor.label,
            expires_at=turn + ttl,
            not_before=turn if turn > ctx.now else None,
            bulk_id=bulk_id,
        )
        ctx.add(command)
        made.append(command)
        told.append(
            CommandQueued(
                subject_id=command.id,
                subject_label=name,
                device_id=device_id,
                action=command.action,
                expires_at=command.expires_at,
                bulk_id=bulk_id,
            )
        )
    if told:
        await emit_all(ctx, told)
        ctx.poke(HINT, *(str(command.device_id) for command in made if command.not_before is None))
    return made


async def cancel(ctx: Context, device_id: UUID, command_id: UUID) -> Command:
    """Take a command back that the device has not acknowledged. Raises CommandClosed."""
    device = await ctx.get(Device, device_id, May.VIEW)
    command = await find(ctx, device, command_id, lock=True)
    permission = permission_for(Action(command.action))
    if not ctx.may_on(device, permission):
        raise ctx.refusal(permission)
    command.cancel(ctx.now)
    await tell_end(ctx, command, device.name)
    return command


async def find(ctx: Context, device: Device, command_id: UUID, *, lock: bool = False) -> Command:
    """A command of a device that the caller may already see. Raises NotFound."""
    statement = select(Command).where(
        Command.organization_id == ctx.organization_id, Command.device_id == device.id, Command.id == command_id
    )
    command = (await ctx.session.execute(statement.with_for_update() if lock else statement)).scalar_one_or_none()
    if command is None:
        raise NotFound(kind="command", id=str(command_id))
    return command


async def lapse(ctx: Context, command_ids: Sequence[UUID]) -> int:
    """End those whose time has come; how many."""
    statement = (
        select(Command)
        .where(Command.organization_id == ctx.organization_id, Command.id.in_(command_ids))
        .order_by(Command.id)
        .with_for_update(skip_locked=True)
    )
    ended = 0
    for command in await ctx.scalars(statement):
        if command.lapse(ctx.now):
            ended += 1
            await tell_end(ctx, command, await _name(ctx, command.device_id))
    return ended


async def tell_end(ctx: Context, command: Command, name: str) -> None:
    """Say how a command ended."""
    if command.state == CommandState.EXPIRED:
        event: CommandExpired | CommandFinished = CommandExpired(
            subject_id=command.id,
            subject_label=name,
            device_id=command.device_id,
            action=command.action,
            message=command.message,
        )
    else:
        event = CommandFinished(
            subject_id=command.id,
            subject_label=name,
            device_id=command.device_id,
            action=command.action,
            state=command.state,
            code=command.code,
            message=command.message,
        )
    await emit(ctx, event)


async def _name(ctx: Context, device_id: UUID) -> str:
    statement = select(Device.name).where(Device.organization_id == ctx.organization_id, Device.id == device_id)
    return (await ctx.session.execute(statement)).scalar_one()
