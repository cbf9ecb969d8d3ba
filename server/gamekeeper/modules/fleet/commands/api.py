"""Commands over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from gamekeeper.kernel.errors import NotFound
from gamekeeper.kernel.http import Ctx, Page, PageQuery, once
from gamekeeper.modules.fleet.commands import bulk, outputs, service
from gamekeeper.modules.fleet.commands.models import Command
from gamekeeper.modules.fleet.commands.shapes import (
    ActionIn,
    BulkActionIn,
    BulkActionOut,
    CommandOut,
    CommandOutputOut,
    RefusalOut,
)
from gamekeeper.modules.fleet.devices.models import Device
from gamekeeper.modules.fleet.devices.queries import Filter
from gamekeeper.modules.fleet.permissions import May

router = APIRouter(prefix="/api/v1", tags=["commands"])

_OWN = (
    "id", "device_id", "bulk_id", "action", "params", "state", "percent", "code", "message", "data", "issuer_kind",
    "issuer_label", "created_at", "expires_at", "sent_at", "acknowledged_at", "finished_at", "not_before",
)  # fmt: skip


@router.post("/devices/{device_id}/actions", status_code=201, response_model=CommandOut)
async def act(ctx: Ctx, request: Request, device_id: UUID, body: ActionIn) -> Response:
    """Ask a device to do something, now or when it comes back; needs an Idempotency-Key."""

    async def issue() -> CommandOut:
        command = await service.issue(ctx, device_id, body.action, dict(body.params), timedelta(seconds=body.ttl))
        return await shown(ctx, command)

    return await once(ctx, request, issue)


@router.post(
    "/actions",
    status_code=201,
    response_model=BulkActionOut,
    responses={200: {"model": BulkActionOut, "description": "A preview"}},
)
async def act_on_many(ctx: Ctx, request: Request, body: BulkActionIn) -> Response:
    """Ask many devices to do the same, or look first at what that would touch. For real it needs an Idempotency-Key."""

    async def issue() -> BulkActionOut:
        service.check(body.action, dict(body.params))
        wanted = body.filter.filter() if body.filter else Filter()
        seen = await bulk.preview(ctx, body.action, body.device_ids, wanted)
        bulk_id = None
        if not body.preview:
            ttl, spread = timedelta(seconds=body.ttl), timedelta(seconds=body.stagger_seconds)
            bulk_id = await bulk.issue_to(ctx, body.action, dict(body.params), ttl, seen, spread)
        return _previewed(seen, bulk_id, body.stagger_seconds)

    return await once(ctx, request, issue, status=200 if body.preview else 201, required=not body.preview)


@router.get("/devices/{device_id}/commands")
async def list_commands(ctx: Ctx, device_id: UUID, page: PageQuery) -> Page[CommandOut]:
    """A device's commands, newest first."""
    device = await ctx.get(Device, device_id, May.VIEW)
    return await _page(ctx, page, Command.device_id == device.id)


@router.get("/actions/{bulk_id}/commands")
async def list_bulk(ctx: Ctx, bulk_id: UUID, page: PageQuery) -> Page[CommandOut]:
    """The commands of one bulk action, newest first."""
    ctx.require(May.VIEW)
    found = await _page(ctx, page, Command.bulk_id == bulk_id)
    if not found.items and page.place is None:
        raise NotFound(kind="bulk action", id=str(bulk_id))
    return found


@router.get("/devices/{device_id}/commands/{command_id}")
async def read_command(ctx: Ctx, device_id: UUID, command_id: UUID) -> CommandOut:
    """One command of a device."""
    device = await ctx.get(Device, device_id, May.VIEW)
    return await shown(ctx, await service.find(ctx, device, command_id))


@router.get("/devices/{device_id}/commands/{command_id}/output")
async def read_output(ctx: Ctx, device_id: UUID, command_id: UUID) -> CommandOutputOut:
    """What a command brought back, such as a picture: a link that expires in five minutes."""
    device = await ctx.get(Device, device_id, May.INSPECT)
    found, url = await outputs.open_output(ctx, await service.find(ctx, device, command_id))
    return CommandOutputOut(url=url, name=found.name, type=found.type, size=found.size)


@router.put("/devices/{device_id}/commands/{command_id}/cancellation")
async def cancel_command(ctx: Ctx, device_id: UUID, command_id: UUID) -> CommandOut:
    """Take a command back that the device has not begun."""
    return await shown(ctx, await service.cancel(ctx, device_id, command_id))


async def shown(ctx: Ctx, command: Command) -> CommandOut:
    """A command as the API shows it."""
    await ctx.flush()
    await ctx.session.refresh(command)
    return _out(command)


async def _page(ctx: Ctx, page: PageQuery, condition: Any) -> Page[CommandOut]:
    statement = select(Command).where(Command.organization_id == ctx.organization_id, condition)
    before = page.after_id
    if before is not None:
        statement = statement.where(Command.id < before)
    rows = await ctx.scalars(statement.order_by(Command.id.desc()).limit(page.limit + 1))
    return page.page([_out(row) for row in rows], lambda command: [command.id])


def _out(command: Command) -> CommandOut:
    fields = {name: getattr(command, name) for name in _OWN}
    return CommandOut(**fields, has_output=command.file_id is not None)


def _previewed(seen: bulk.Preview, bulk_id: UUID | None, stagger_seconds: int) -> BulkActionOut:
    willing = len(seen.willing)
    return BulkActionOut(
        bulk_id=bulk_id,
        total=willing,
        online=seen.online,
        offline=willing - seen.online,
        refusing=len(seen.targets) - willing,
        refusals=[RefusalOut(reason=reason, devices=devices) for reason, devices in seen.refusals],
        names=seen.names,
        last_after_seconds=stagger_seconds if willing > 1 else 0,
    )
