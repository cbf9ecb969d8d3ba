"""One device with all that is known of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from gamekeeper.kernel.context import Context
from gamekeeper.modules.fleet.authority.models import Certificate
from gamekeeper.modules.fleet.devices.models import Device, DeviceTag
from gamekeeper.modules.fleet.permissions import May
from gamekeeper.modules.fleet.presence.models import DevicePresence, shown

_OWN = (
    "id", "name", "hostname", "site_id", "group_id", "kind", "mode", "location", "notes", "os", "arch",
    "agent_version", "capabilities", "machine", "approval", "maintenance", "revoked_at", "log_level", "log_until",
    "created_at", "updated_at", "version",
)  # fmt: skip
_LINK = ("since", "last_seen", "ip", "cpu", "memory", "temperature", "disk", "latency")
_CERTIFICATE = ("serial", "not_before", "not_after", "revoked_at")


async def read(ctx: Context, device_id: UUID) -> dict[str, Any]:
    """The fields of `DeviceOut`. Raises NotFound."""
    return await describe(ctx, await ctx.get(Device, device_id, May.VIEW))


async def describe(ctx: Context, device: Device) -> dict[str, Any]:
    """The fields of `DeviceOut` for a device that the caller may see."""
    await ctx.flush()
    await ctx.session.refresh(device)
    key = (ctx.organization_id, device.id)
    presence = await ctx.session.get_one(DevicePresence, key, populate_existing=True)
    of_device = DeviceTag.organization_id == ctx.organization_id, DeviceTag.device_id == device.id
    tags = await ctx.scalars(select(DeviceTag.tag).where(*of_device).order_by(DeviceTag.tag))
    newest = (
        select(Certificate)
        .where(Certificate.organization_id == ctx.organization_id, Certificate.device_id == device.id)
        .order_by(Certificate.id.desc())
        .limit(1)
    )
    certificate = (await ctx.session.execute(newest)).scalar_one_or_none()
    return {
        **{name: getattr(device, name) for name in _OWN},
        **{name: getattr(presence, name) for name in _LINK},
        "status": shown(presence.state, maintenance=device.maintenance, revoked=device.revoked_at is not None),
        "connection": presence.state,
        "reason": presence.offline_reason,
        "tags": list(tags),
        "certificate": certificate and {name: getattr(certificate, name) for name in _CERTIFICATE},
    }
