"""What other modules may know of a device without loading it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import NotFound
from gamekeeper.modules.fleet.devices.models import Device
from gamekeeper.modules.fleet.permissions import May

_FACTS = """
SELECT d.id, d.name, d.site_id, d.mode, coalesce(d.capabilities->>'overlay' = 'true', false) AS has_overlay,
       d.revoked_at IS NOT NULL AS revoked, d.approval,
       d.maintenance, p.state, p.since, p.last_seen, p.offline_reason
FROM devices d JOIN device_presence p ON p.organization_id = d.organization_id AND p.id = d.id
WHERE d.organization_id = $1 AND d.id = ANY($2::uuid[])
"""


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """A device as it stands. `connection` is online, degraded, offline or never_seen."""

    id: UUID
    name: str
    site_id: UUID | None
    mode: str
    has_overlay: bool
    """Whether its agent can hold a seat."""
    usable: bool
    """Approved, not revoked, not in maintenance."""
    connection: str
    since: datetime | None
    last_seen: datetime | None
    offline_reason: str

    @property
    def is_connected(self) -> bool:
        """Whether a socket stands, whatever the agent behind it says of itself."""
        return self.connection in {"online", "degraded"}


async def facts(ctx: Context, device_id: UUID) -> DeviceFacts:
    """One device of this organization; the caller has checked what may be known. Raises NotFound."""
    found = await facts_of(ctx, [device_id])
    if not found:
        raise NotFound(kind="device", id=str(device_id))
    return found[device_id]


async def facts_of(ctx: Context, device_ids: Sequence[UUID]) -> dict[UUID, DeviceFacts]:
    """Devices of this organization by id, in one statement; those that do not exist are missing."""
    raw = await ctx.raw()
    return {row["id"]: _facts(row) for row in await raw.fetch(_FACTS, ctx.organization_id, list(device_ids))}


async def require_seen(ctx: Context, device_ids: Sequence[UUID]) -> None:
    """Raise NotFound unless the caller may see each of these devices, by role or by grant."""
    missing = set(device_ids)
    if ctx.may(May.VIEW) or ctx.granted(May.VIEW):
        seen = ctx.rows(Device, May.VIEW).where(Device.id.in_(missing)).with_only_columns(Device.id)
        missing -= set(await ctx.scalars(seen))
    if missing:
        raise NotFound(kind="device", id=str(min(missing)))


def _facts(row: Any) -> DeviceFacts:
    return DeviceFacts(
        id=row["id"],
        name=row["name"],
        site_id=row["site_id"],
        mode=row["mode"],
        has_overlay=row["has_overlay"],
        usable=row["approval"] == "approved" and not row["revoked"] and not row["maintenance"],
        connection=row["state"],
        since=row["since"],
        last_seen=row["last_seen"],
        offline_reason=row["offline_reason"],
    )
