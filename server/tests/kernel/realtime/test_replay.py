"""Resuming reads the log in the log's order."""

import json

from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.events.log import Cursor
from gamekeeper.kernel.realtime.hub import AUDIT
from gamekeeper.kernel.realtime.replay import bookmark, missed
from gamekeeper.kernel.runtime import Runtime
from tests.world import World

_EVENT = """
INSERT INTO events (organization_id, id, xid, type, audited, subject_id, subject_label, actor_kind, actor_label,
                    request_id, ip, data, places)
VALUES ($1, $2, $3::text::xid8, 'tests:passed', true, $4, '', 'system', 'Test', '', '', '{}', '{}')
"""


async def test_transactions_are_in_the_order_of_their_numbers_not_of_their_digits(
    runtime: Runtime, world: World
) -> None:
    numbers = [98, 99, 100, 101, 999, 1000]
    made = {number: new_id() for number in numbers}
    async with world.context(world.ada) as ctx:
        raw = await ctx.raw()
        for number in reversed(numbers):
            await raw.execute(_EVENT, world.lantern, made[number], str(number), new_id())
    since = bookmark(Cursor(98, 2**63 - 1))
    frames = await missed(runtime, world.lantern, {AUDIT: None}, since, Cursor(1000, 2**63 - 1))
    assert [json.loads(frame)["id"] for frame in frames] == [str(made[number]) for number in numbers[1:]]
