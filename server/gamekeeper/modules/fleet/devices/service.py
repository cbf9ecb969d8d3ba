"""What people do with devices, and what enrolment makes of a machine."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import Expect
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.tenancy.models import Site
from gamekeeper.modules.fleet import events
from gamekeeper.modules.fleet.authority.models import Certificate
from gamekeeper.modules.fleet.devices.models import Approval, Device, DeviceRevoked, DeviceTag
from gamekeeper.modules.fleet.groups.models import DeviceGroup
from gamekeeper.modules.fleet.permissions import May
from gamekeeper.modules.fleet.places import check_place
from gamekeeper.modules.fleet.presence.models import DevicePresence, shown
from gamekeeper_wire.agent import Mode

REVOKED = "devices:revoked"
CHANGED = "devices:changed"
"""Hints to the gateways, with ids of devices."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A machine at the door: where its token puts it, and what it says of itself."""

    name: str
    site_id: UUID | None
    group_id: UUID | None
    needs_approval: bool
    hostname: str
    mode: Mode
    machine: dict[str, Any]


async def admit(ctx: Context, device_id: UUID | None, newcomer: Newcomer, *, is_repeated: bool = False) -> Device:
    """The device that an enrolling machine becomes: the one that its token names, or a new one.

    A revoked device that is named by a token is a device again; its old certificates stay revoked. Whether somebody
    has to approve is up to the token, unless the same machine repeats itself: then it was decided, or will be.
    """
    device = None if device_id is None else await _locked(ctx, device_id)
    if device is None:
        device = await _add(
            ctx,
            name=newcomer.name,
            site_id=newcomer.site_id,
            group_id=newcomer.group_id,
            needs_approval=newcomer.needs_approval,
        )
    elif not is_repeated:
        approval = Approval.PENDING if newcomer.needs_approval else Approval.APPROVED
        if device.revoked_at is not None or device.approval != approval:
            device.revoked_at, device.approval = None, approval
            device.version += 1
            told = {"approval": approval.value}
            await emit(ctx, events.DeviceUpdated(subject_id=device.id, subject_label=device.name, changes=told))
    device.hostname, device.mode, device.machine = newcomer.hostname, newcomer.mode.value, newcomer.machine
    await ctx.flush()
    return device


async def register(ctx: Context, *, name: str, site_id: UUID | None, group_id: UUID | None, **fields: Any) -> Device:
    """A device before it has an agent. Raises PlaceUnknown."""
    ctx.require(May.EDIT)
    tags: Iterable[str] = fields.pop("tags", ())
    await check_place(ctx, Site, site_id)
    await check_place(ctx, DeviceGroup, group_id)
    device = await _add(ctx, name=name, site_id=site_id, group_id=group_id, needs_approval=False, **fields)
    await _set_tags(ctx, device.id, tags)
    return device


async def edit(ctx: Context, device_id: UUID, changes: dict[str, Any], expect: Expect) -> Device:
    """Change what a person may change. Raises PlaceUnknown, PreconditionFailed."""
    device = await ctx.get(Device, device_id, May.EDIT, lock=True)
    expect(device.version)
    for name, model in (("site_id", Site), ("group_id", DeviceGroup)):
        if name in changes and changes[name] != getattr(device, name):
            _require_place(ctx, changes[name])
            await check_place(ctx, model, changes[name])
    tags = changes.pop("tags", None)
    if any(name in changes and changes[name] != getattr(device, name) for name in ("site_id", "group_id")):
        await emit(ctx, events.DeviceMoved(subject_id=device.id, subject_label=device.name))
    told = device.edit(changes)
    if tags is not None and await _set_tags(ctx, device.id, tags):
        device.version += 1
        told["tags"] = sorted(set(tags))
    if not told:
        return device
    await emit(ctx, events.DeviceUpdated(subject_id=device.id, subject_label=device.name, changes=told))
    if "maintenance" in told:
        await tell_status(ctx, device)
    ctx.poke(CHANGED, str(device.id))
    return device


def _require_place(ctx: Context, place_id: UUID | None) -> None:
    """Who edits by a grant may move devices to granted places only: other rights may come with being there."""
    if place_id is not None and not ctx.may(May.EDIT) and place_id not in ctx.granted(May.EDIT):
        raise ctx.refusal(May.EDIT)


async def decide(ctx: Context, device_id: UUID, *, approved: bool) -> Device:
    """Let a machine in that asked, or not. Raises DeviceNotPending."""
    device = await ctx.get(Device, device_id, May.ENROL, lock=True)
    device.decide(approved=approved)
    await emit(ctx, events.DeviceApproved(subject_id=device.id, subject_label=device.name, approved=approved))
    return device


async def revoke(ctx: Context, device_id: UUID) -> Device:
    """Take every certificate of a device away; open sockets close within a second."""
    device = await ctx.get(Device, device_id, May.REVOKE, lock=True)
    if not device.revoke(ctx.now):
        return device
    await revoke_certificates(ctx, device.id)
    await emit(ctx, events.DeviceRevoked(subject_id=device.id, subject_label=device.name))
    await tell_status(ctx, device)
    ctx.poke(REVOKED, str(device.id))
    return device


async def remove(ctx: Context, device_id: UUID) -> None:
    """Delete a device for good; its certificates go with it, so this revokes it too."""
    device = await ctx.get(Device, device_id, May.EDIT, lock=True)
    if device.revoked_at is None and device.approval == Approval.APPROVED and await _has_certificate(ctx, device.id):
        ctx.require(May.REVOKE)
    await emit(ctx, events.DeviceDeleted(subject_id=device.id, subject_label=device.name))
    await ctx.delete(device)
    ctx.poke(REVOKED, str(device.id))


async def follow_log(ctx: Context, device_id: UUID, level: str | None, life: timedelta) -> Device:
    """Let the agent send its log as it is written, for a while. None ends it. Raises DeviceRevoked."""
    device = await ctx.get(Device, device_id, May.INSPECT, lock=True)
    if device.revoked_at is not None:
        raise DeviceRevoked
    is_followed = device.log_until is not None and device.log_until > ctx.now
    if not level or not is_followed:
        device.log_since = ctx.now if level else None
    device.log_level = level
    device.log_until = ctx.now + life if level else None
    ctx.poke(CHANGED, str(device.id))
    return device


async def revoke_certificates(ctx: Context, device_id: UUID) -> None:
    """None that the device has is believed from now on. Poke REVOKED for the sockets that are open."""
    await ctx.session.execute(
        update(Certificate)
        .where(
            Certificate.organization_id == ctx.organization_id,
            Certificate.device_id == device_id,
            Certificate.revoked_at.is_(None),
        )
        .values(revoked_at=ctx.now)
    )


async def tell_status(ctx: Context, device: Device) -> None:
    """Say what people see of the device now."""
    presence = await ctx.session.get_one(DevicePresence, (ctx.organization_id, device.id))
    status = shown(presence.state, maintenance=device.maintenance, revoked=device.revoked_at is not None)
    await emit(
        ctx,
        events.DeviceStatus(
            subject_id=device.id,
            subject_label=device.name,
            id=device.id,
            status=status,
            connection=presence.state,
            last_seen=presence.last_seen,
            reason=presence.offline_reason,
        ),
    )


async def _add(
    ctx: Context, *, name: str, site_id: UUID | None, group_id: UUID | None, needs_approval: bool, **fields: Any
) -> Device:
    approval = Approval.PENDING if needs_approval else Approval.APPROVED
    device = Device(
        organization_id=ctx.organization_id, name=name, site_id=site_id, group_id=group_id, approval=approval, **fields
    )
    ctx.add(device)
    await ctx.flush()
    ctx.add(DevicePresence(organization_id=ctx.organization_id, id=device.id))
    await emit(
        ctx, events.DeviceRegistered(subject_id=device.id, subject_label=name, site_id=site_id, approval=approval)
    )
    return device


async def _set_tags(ctx: Context, device_id: UUID, tags: Iterable[str]) -> bool:
    wanted = set(tags)
    mine = (DeviceTag.organization_id == ctx.organization_id, DeviceTag.device_id == device_id)
    present = set(await ctx.scalars(select(DeviceTag.tag).where(*mine)))
    if present == wanted:
        return False
    await ctx.session.execute(delete(DeviceTag).where(*mine, DeviceTag.tag.in_(present - wanted)))
    for tag in sorted(wanted - present):
        ctx.add(DeviceTag(organization_id=ctx.organization_id, device_id=device_id, tag=tag))
    await ctx.flush()
    return True


async def _locked(ctx: Context, device_id: UUID) -> Device | None:
    statement = select(Device).where(Device.organization_id == ctx.organization_id, Device.id == device_id)
    return (await ctx.session.execute(statement.with_for_update())).scalar_one_or_none()


async def _has_certificate(ctx: Context, device_id: UUID) -> bool:
    statement = select(Certificate.id).where(
        Certificate.organization_id == ctx.organization_id, Certificate.device_id == device_id
    )
    return (await ctx.session.execute(statement.limit(1))).scalar_one_or_none() is not None
