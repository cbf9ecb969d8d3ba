"""A room that gets its network back: one job shows all of its seats."""

from datetime import UTC, datetime

from gamekeeper.modules.fleet.presence import service as presence
from gamekeeper.modules.fleet.presence.models import Change, Link
from gamekeeper.modules.venue.stations import service as stations
from tests.kernel.jobs.watching import until, working
from tests.modules.venue.seats import make_device
from tests.world import World

SEATS = 60


async def told(world: World, after: int) -> list[str]:
    async with world.runtime.database.read(world.lantern) as connection:
        rows = await connection.fetch(
            """SELECT data->>'label' AS label FROM events
               WHERE type = 'station:status' AND data->>'device_state' = 'online' AND position > $1""",
            after,
        )
    return sorted(row["label"] for row in rows)


async def test_many_machines_that_come_together_are_told_of_by_one_job(world: World) -> None:
    devices = [await make_device(world, world.lantern, world.hall, "offline") for _ in range(SEATS)]
    loose = await make_device(world, world.lantern, world.hall, "offline")
    async with world.context() as ctx:
        made = await stations.add(ctx, world.hall, devices, "Main hall")
        labels = sorted(seat.label for seat in made)
    async with world.runtime.database.read(world.lantern) as connection:
        before: int = await connection.fetchval("SELECT max(position) FROM events")
        waiting: int = await connection.fetchval("SELECT count(*) FROM jobs")
    async with world.runtime.as_system(world.lantern) as ctx:
        now = datetime.now(UTC)
        changes = [Change(world.lantern, device, 1, Link.ONLINE, now) for device in (*devices, loose)]
        await presence.apply(ctx, changes)
    async with world.runtime.database.read(world.lantern) as connection:
        assert await connection.fetchval("SELECT count(*) FROM jobs") == waiting + 1

    async def all_told() -> bool:
        return len(await told(world, before)) >= SEATS

    async with working(world.runtime):
        await until(all_told)
    assert await told(world, before) == labels
