"""What people do with groups of devices."""

from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import func, select, update

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import Expect
from gamekeeper.kernel.errors import Conflict
from gamekeeper.kernel.events import emit, emit_all
from gamekeeper.modules.fleet.events import DeviceMoved, DeviceUpdated, GroupDeleted, GroupMade, GroupUpdated
from gamekeeper.modules.fleet.groups.models import DeviceGroup
from gamekeeper.modules.fleet.permissions import May
from gamekeeper.modules.fleet.places import check_place

_LIST = """
WITH inside AS (
    SELECT d.group_id, count(*) FILTER (WHERE d.revoked_at IS NULL) AS devices FROM devices d
    WHERE d.organization_id = $1 AND d.group_id IS NOT NULL
      AND ($2::uuid[] IS NULL OR d.id = ANY($2) OR d.group_id = ANY($2) OR d.site_id = ANY($2))
    GROUP BY d.group_id
), shown AS (
    SELECT g.id, g.name, g.description, g.parent_id, g.version, coalesce(i.devices, 0) AS devices
    FROM device_groups g LEFT JOIN inside i ON i.group_id = g.id
    WHERE g.organization_id = $1 AND ($2::uuid[] IS NULL OR g.id = ANY($2) OR i.group_id IS NOT NULL)
)
SELECT s.id, s.name, s.description, p.id AS parent_id, s.version, s.devices
FROM shown s LEFT JOIN shown p ON p.id = s.parent_id ORDER BY s.name, s.id LIMIT 2000
"""

_ANCESTORS = """
WITH RECURSIVE line AS (
    SELECT g.id, g.parent_id, 1 AS step FROM device_groups g WHERE g.organization_id = $1 AND g.id = $2
    UNION ALL
    SELECT g.id, g.parent_id, l.step + 1 FROM device_groups g JOIN line l ON g.id = l.parent_id
    WHERE g.organization_id = $1 AND l.step < 64
) SELECT id FROM line ORDER BY step
"""

_HEIGHT = """
WITH RECURSIVE below AS (
    SELECT g.id, 1 AS step FROM device_groups g WHERE g.organization_id = $1 AND g.id = $2
    UNION ALL
    SELECT g.id, b.step + 1 FROM device_groups g JOIN below b ON g.parent_id = b.id
    WHERE g.organization_id = $1 AND b.step < 64
) SELECT max(step) FROM below
"""


class GroupNameTaken(Conflict):
    """There is a group of this name in the same place already."""

    constraints = ("uq_device_groups_organization_id_parent_id_name",)


async def list_groups(ctx: Context) -> list[asyncpg.Record]:
    """Every group with the number of devices directly in it.

    Who may see a part of the devices gets the groups that are granted or have such a device; a group whose parent is
    not among them stands at the top.
    """
    reach = ctx.reach(May.VIEW)
    raw = await ctx.raw()
    return await raw.fetch(_LIST, ctx.organization_id, None if reach is None else list(reach))


async def make_group(ctx: Context, name: str, description: str, parent_id: UUID | None) -> DeviceGroup:
    """A new group, perhaps inside another. Raises GroupNameTaken, GroupTooDeep, PlaceUnknown."""
    ctx.require(May.GROUP)
    await _one_mover(ctx)
    await check_place(ctx, DeviceGroup, parent_id)
    group = DeviceGroup(organization_id=ctx.organization_id, name=name, description=description, parent_id=parent_id)
    group.check_move(await _ancestors(ctx, parent_id), 1)
    ctx.add(group)
    await ctx.flush()
    await emit(ctx, GroupMade(subject_id=group.id, subject_label=name, parent_id=parent_id))
    return group


async def edit_group(ctx: Context, group_id: UUID, changes: dict[str, Any], expect: Expect) -> DeviceGroup:
    """Rename, describe or move a group.

    Raises GroupCycle, GroupTooDeep, GroupNameTaken, PlaceUnknown or PreconditionFailed.
    """
    await _one_mover(ctx)
    group = await ctx.get(DeviceGroup, group_id, May.GROUP, lock=True)
    expect(group.version)
    parent_id = changes.get("parent_id")
    if "parent_id" in group.news(changes):
        await check_place(ctx, DeviceGroup, parent_id)
        raw = await ctx.raw()
        height: int = await raw.fetchval(_HEIGHT, ctx.organization_id, group.id)
        group.check_move(await _ancestors(ctx, parent_id), height)
    told = group.edit(changes)
    await ctx.flush()
    if told:
        await emit(ctx, GroupUpdated(subject_id=group.id, subject_label=group.name, changes=told))
    return group


async def delete_group(ctx: Context, group_id: UUID) -> None:
    """Delete a group; groups and devices in it move up to where it was. Raises GroupNameTaken."""
    await _one_mover(ctx)
    group = await ctx.get(DeviceGroup, group_id, May.GROUP, lock=True)
    await _move_devices(ctx, group)
    inside = update(DeviceGroup).where(
        DeviceGroup.organization_id == ctx.organization_id, DeviceGroup.parent_id == group.id
    )
    await ctx.session.execute(inside.values(parent_id=group.parent_id, version=DeviceGroup.version + 1))
    await emit(ctx, GroupDeleted(subject_id=group.id, subject_label=group.name))
    await ctx.delete(group)


async def _move_devices(ctx: Context, group: DeviceGroup) -> None:
    """Devices are another room's; they know of groups, and not the other way round."""
    raw = await ctx.raw()
    found = await raw.fetch(
        "SELECT id, name FROM devices WHERE organization_id = $1 AND group_id = $2 ORDER BY id FOR UPDATE",
        ctx.organization_id,
        group.id,
    )
    if not found:
        return
    await emit_all(ctx, [DeviceMoved(subject_id=row["id"], subject_label=row["name"]) for row in found])
    await raw.execute(
        "UPDATE devices SET group_id = $3, version = version + 1 WHERE organization_id = $1 AND group_id = $2",
        ctx.organization_id,
        group.id,
        group.parent_id,
    )
    changes = {"group_id": str(group.parent_id) if group.parent_id else None}
    await emit_all(
        ctx, [DeviceUpdated(subject_id=row["id"], subject_label=row["name"], changes=changes) for row in found]
    )


async def _ancestors(ctx: Context, group_id: UUID | None) -> list[UUID]:
    if group_id is None:
        return []
    raw = await ctx.raw()
    return [row["id"] for row in await raw.fetch(_ANCESTORS, ctx.organization_id, group_id)]


async def _one_mover(ctx: Context) -> None:
    # Two moves at once could each be fine and together make a circle.
    key = int.from_bytes(ctx.organization_id.bytes[8:], "big", signed=True)
    await ctx.session.execute(select(func.pg_advisory_xact_lock(key)))
