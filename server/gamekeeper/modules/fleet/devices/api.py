"""Devices over HTTP."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from gamekeeper.kernel.http import Ctx, Page, PageQuery, ReadCtx
from gamekeeper.kernel.http.etags import IfMatch, tag
from gamekeeper.modules.fleet.devices import details, logs, queries, service
from gamekeeper.modules.fleet.devices.models import Approval, DeviceKind
from gamekeeper.modules.fleet.devices.shapes import (
    ApprovalIn,
    DeviceChangesIn,
    DeviceCountsOut,
    DeviceIn,
    DeviceOut,
    DevicePageOut,
    LogFollowIn,
    LogFollowOut,
    LogLineOut,
    TagOut,
)
from gamekeeper.modules.fleet.devices.table import MOST_ROWS, as_csv
from gamekeeper.modules.fleet.presence.models import DeviceState
from gamekeeper_wire.agent import LogLevel, Mode

router = APIRouter(prefix="/api/v1", tags=["devices"])

_Tag = Annotated[str, Query(max_length=50)]


async def wanted(
    state: Annotated[list[DeviceState], Query(description="Any of these; without it all but revoked ones.")] = [],  # noqa: B006 - FastAPI copies defaults
    site: UUID | None = None,
    group: Annotated[UUID | None, Query(description="The group and everything inside it.")] = None,
    tag: Annotated[list[_Tag], Query(max_length=10, description="All of these.")] = [],  # noqa: B006 - the same
    mode: Annotated[list[Mode], Query()] = [],  # noqa: B006 - the same
    kind: Annotated[list[DeviceKind], Query()] = [],  # noqa: B006 - the same
    approval: Approval | None = None,
    q: Annotated[str, Query(max_length=120, pattern=r"^[^\x00]*$", description="Beginning of a name.")] = "",
) -> queries.Filter:
    """The filter of a list, from the query."""
    return queries.Filter(
        states=state, site_id=site, group_id=group, tags=tag, modes=mode, kinds=kind, approval=approval, q=q
    )


Wanted = Annotated[queries.Filter, Depends(wanted)]


@router.get("/devices", response_model=DevicePageOut)
async def list_devices(ctx: ReadCtx, filters: Wanted, page: PageQuery) -> Response:
    """Devices in the order of their names."""
    rows = await queries.page(ctx.connection, ctx, filters, page.limit + 1, page.values(str, UUID))
    return page.answer(rows, lambda row: [row["name"], row["id"]])


@router.get("/devices/counts")
async def count_devices(ctx: ReadCtx, filters: Wanted) -> DeviceCountsOut:
    """How many devices of each state fit the filter (whatever states it names)."""
    rows = await queries.counts(ctx.connection, ctx, filters)
    states = dict.fromkeys(DeviceState, 0) | {DeviceState(row["status"]): row["devices"] for row in rows}
    return DeviceCountsOut(total=sum(states.values()), pending=sum(row["pending"] for row in rows), states=states)


@router.get("/devices/csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
async def export_devices(ctx: ReadCtx, filters: Wanted) -> Response:
    """The list as CSV, up to 10,000 rows."""
    rows = await queries.page(ctx.connection, ctx, filters, MOST_ROWS, None)
    headers = {"content-disposition": 'attachment; filename="devices.csv"'}
    return Response(as_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/device-tags")
async def list_tags(ctx: ReadCtx) -> list[TagOut]:
    """Every tag that is in use."""
    return [TagOut(tag=row["tag"], devices=row["devices"]) for row in await queries.tags(ctx.connection, ctx)]


@router.post("/devices", status_code=201)
async def register_device(ctx: Ctx, response: Response, body: DeviceIn) -> DeviceOut:
    """Register a device before it has an agent; a claim token with its id lets a machine become it."""
    device = await service.register(ctx, **body.model_dump())
    tag(response, device.version)
    return DeviceOut(**await details.describe(ctx, device))


@router.get("/devices/{device_id}")
async def read_device(ctx: Ctx, response: Response, device_id: UUID) -> DeviceOut:
    """One device with all that is known of it."""
    found = DeviceOut(**await details.read(ctx, device_id))
    tag(response, found.version)
    return found


@router.put("/devices/{device_id}")
async def edit_device(
    ctx: Ctx, expect: IfMatch, response: Response, device_id: UUID, body: DeviceChangesIn
) -> DeviceOut:
    """Change a device. With If-Match only when nobody else has changed it meanwhile."""
    device = await service.edit(ctx, device_id, body.changes(), expect)
    described = DeviceOut(**await details.describe(ctx, device))
    tag(response, described.version)
    return described


@router.delete("/devices/{device_id}", status_code=204)
async def delete_device(ctx: Ctx, device_id: UUID) -> None:
    """Revoke a device and delete everything that is known of it."""
    await service.remove(ctx, device_id)


@router.put("/devices/{device_id}/approval")
async def approve_device(ctx: Ctx, device_id: UUID, body: ApprovalIn) -> DeviceOut:
    """Let a machine in that asked to join, or decline."""
    device = await service.decide(ctx, device_id, approved=body.approved)
    return DeviceOut(**await details.describe(ctx, device))


@router.put("/devices/{device_id}/revocation")
async def revoke_device(ctx: Ctx, device_id: UUID) -> DeviceOut:
    """Take a device's certificates away; its open connection ends within a second."""
    device = await service.revoke(ctx, device_id)
    return DeviceOut(**await details.describe(ctx, device))


@router.get("/devices/{device_id}/logs")
async def read_logs(ctx: Ctx, device_id: UUID, page: PageQuery, level: LogLevel = LogLevel.DEBUG) -> Page[LogLineOut]:
    """Stored lines of the agent's log of a level and above, newest first."""
    rows = await logs.read(ctx, device_id, level, page.limit + 1, page.after_id)
    return page.page([LogLineOut(**row) for row in rows], lambda line: [line.id])


@router.put("/devices/{device_id}/logs/following")
async def follow_logs(ctx: Ctx, device_id: UUID, body: LogFollowIn) -> LogFollowOut:
    """Let the agent send its log as it is written, for a while; `off` ends it."""
    level = None if body.level == "off" else body.level.value
    device = await service.follow_log(ctx, device_id, level, timedelta(seconds=body.seconds))
    return LogFollowOut(level=LogLevel(level) if level else None, until=device.log_until)
