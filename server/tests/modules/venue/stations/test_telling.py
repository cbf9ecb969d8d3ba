"""Cards of one seat that are told at the same moment: the highest number is the newest, whatever order they come in."""

import asyncio
from typing import Any

from gamekeeper.modules.venue.stations.tell import tell, tell_of_machines
from tests.modules.venue.seats import Seat
from tests.world import WAITING, World


async def cards(world: World, seat: Seat) -> list[dict[str, Any]]:
    async with world.runtime.database.read(world.lantern) as connection:
        rows = await connection.fetch(
            "SELECT data FROM events WHERE type = 'station:status' AND subject_id = $1", seat.id
        )
    return sorted((row["data"] for row in rows), key=lambda card: card["told"])


async def test_a_card_knows_of_everybody_who_held_the_seat_before(world: World, seat: Seat) -> None:
    async def machine_came() -> None:
        async with world.runtime.as_system(world.lantern) as ctx:
            await tell_of_machines(ctx, {seat.device_id})

    async with world.context() as ctx:  # the machine's report, while the floor is told that it came
        await (await ctx.raw()).execute("UPDATE station_states SET reported = 'technician' WHERE id = $1", seat.id)
        await tell(ctx, seat.id)
        telling = asyncio.create_task(machine_came())
        while not await ctx.session.scalar(WAITING):
            await asyncio.sleep(0.02)
    await telling
    told = await cards(world, seat)
    assert [card["reported"] for card in told[-2:]] == ["technician", "technician"]
    assert len({card["told"] for card in told}) == len(told)


async def test_a_list_shows_the_number_of_the_last_card(world: World, seat: Seat) -> None:
    async with world.context() as ctx:
        await tell(ctx, seat.id)
    [*_, last] = await cards(world, seat)
    assert (await seat.card()).told == last["told"]
