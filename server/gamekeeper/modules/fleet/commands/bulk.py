"""One action on many devices, with a look at what it will touch before anything happens."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.errors import Invalid
from gamekeeper.modules.fleet.commands.service import check, permission_for, queue
from gamekeeper.modules.fleet.devices import queries
from gamekeeper.modules.fleet.devices.models import refusal
from gamekeeper_wire.agent import Action

MOST_DEVICES = 2000
_NAMED = 20

_CANDIDATES = """
SELECT d.id, d.name, d.site_id, d.group_id, d.mode, d.revoked_at IS NOT NULL AS revoked, d.approval,
       d.capabilities::text AS capabilities, p.state
FROM devices d JOIN device_presence p ON p.organization_id = d.organization_id AND p.id = d.id
WHERE d.organization_id = $1 AND d.id = ANY($2::uuid[]) ORDER BY d.name, d.id
"""


class TooManyDevices(Invalid):
    """This would touch too many devices at once. Narrow it down."""


@dataclass(frozen=True, slots=True)
class Target:
    """A device that an action would touch. `refusal` is a sentence when it is known that it will not do it."""

    id: UUID
    name: str
    connection: str
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action would touch."""

    targets: list[Target]

    @property
    def willing(self) -> list[Target]:
        """Those that will be asked."""
        return [target for target in self.targets if target.refusal is None]

    @property
    def online(self) -> int:
        """How many of the willing are asked at once; the others when they come back in time."""
        return sum(target.connection in {"online", "degraded"} for target in self.willing)

    @property
    def refusals(self) -> list[tuple[str, int]]:
        """Why others are left out, and how many, the most frequent first."""
        return Counter(target.refusal for target in self.targets if target.refusal).most_common(_NAMED)

    @property
    def names(self) -> list[str]:
        """Some of the devices by name."""
        return [target.name for target in self.willing[:_NAMED]]


async def preview(ctx: Context, action: Action, device_ids: Sequence[UUID] | None, wanted: queries.Filter) -> Preview:
    """What an action on these devices, or on all that fit a filter, would touch. Raises TooManyDevices.

    Devices that the caller may not ask are left out, like those that do not exist.
    """
    permission = permission_for(action)
    raw = await ctx.raw()
    if device_ids is None:
        rows = await queries.page(raw, ctx, wanted, MOST_DEVICES + 1, None)
        device_ids = [row["id"] for row in rows]
    if len(device_ids) > MOST_DEVICES:
        raise TooManyDevices(f"One action may touch at most {MOST_DEVICES} devices. Narrow it down.")
    granted = ctx.granted(permission)
    if not ctx.may(permission) and not granted:
        raise ctx.refusal(permission)
    found = await raw.fetch(_CANDIDATES, ctx.organization_id, list(device_ids))
    allowed = [row for row in found if ctx.may(permission) or granted & {row["id"], row["group_id"], row["site_id"]}]
    return Preview([_target(row, action) for row in allowed])


async def issue_to(
    ctx: Context, action: Action, params: dict[str, Any], ttl: timedelta, seen: Preview, spread: timedelta = timedelta()
) -> UUID:
    """Ask every willing device, by name and over `spread`; the commands share the answered id. Raises BadParameters."""
    check(action, params)
    bulk_id = new_id()
    await queue(ctx, [(target.id, target.name) for target in seen.willing], action, params, ttl, bulk_id, spread)
    return bulk_id


def _target(row: Any, action: Action) -> Target:
    capabilities: dict[str, Any] | None = msgspec.json.decode(row["capabilities"]) if row["capabilities"] else None
    reason = refusal(
        action,
        mode=row["mode"],
        revoked=row["revoked"],
        approval=row["approval"],
        capabilities=capabilities,
    )
    return Target(row["id"], row["name"], row["state"], reason)
