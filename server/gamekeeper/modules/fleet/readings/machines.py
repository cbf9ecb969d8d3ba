"""Which devices the metrics module may show a caller."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from gamekeeper.kernel.access.permission import Permission
from gamekeeper.kernel.context import Reader
from gamekeeper.kernel.errors import NotFound
from gamekeeper.modules.metrics.public import Selection

_NAMES = """
SELECT d.id, d.name FROM devices d WHERE d.organization_id = $1
  AND ($2::uuid[] IS NULL OR d.id = ANY($2) OR d.group_id = ANY($2) OR d.site_id = ANY($2))
  AND ($3::uuid[] IS NULL OR d.id = ANY($3))
  AND ($4::uuid IS NULL OR d.site_id = $4)
  AND ($5::uuid IS NULL OR d.group_id IN (
      WITH RECURSIVE inside AS (
          SELECT g.id FROM device_groups g WHERE g.organization_id = $1 AND g.id = $5
          UNION
          SELECT g.id FROM device_groups g JOIN inside i ON g.parent_id = i.id WHERE g.organization_id = $1
      ) SELECT id FROM inside))
"""


async def names(ctx: Reader, permission: Permission, selection: Selection) -> Mapping[UUID, str]:
    """Names of the selected devices on which the caller has the permission; see `Machines`."""
    resources: list[UUID] | None = None
    if not ctx.may(permission):
        resources = list(ctx.granted(permission))
        if not resources:
            raise ctx.refusal(permission)
    ids = list(selection.device_ids) or None
    arguments: tuple[Any, ...] = (ctx.organization_id, resources, ids, selection.site_id, selection.group_id)
    rows = await ctx.connection.fetch(_NAMES, *arguments)
    found: dict[UUID, str] = {row["id"]: row["name"] for row in rows}
    missing = set(selection.device_ids) - found.keys()
    if missing:
        raise NotFound(kind="device", id=str(min(missing)))
    return found
