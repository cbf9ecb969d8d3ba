"""Commands whose time has come, of all organizations."""

from collections import defaultdict
from uuid import UUID

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.commands.service import lapse

_MOST_AT_ONCE = 500


async def expire(runtime: Runtime) -> int:
    """End what is due, visibly; how many. May run anywhere at the same time: rows are locked, not waited for."""
    async with runtime.database.read(None) as connection:
        rows = await connection.fetch("SELECT * FROM due_commands($1)", _MOST_AT_ONCE)
    by_organization: dict[UUID, list[UUID]] = defaultdict(list)
    for row in rows:
        by_organization[row["organization_id"]].append(row["id"])
    ended = 0
    for organization_id, command_ids in by_organization.items():
        async with runtime.as_system(organization_id) as ctx:
            ended += await lapse(ctx, command_ids)
    return ended
