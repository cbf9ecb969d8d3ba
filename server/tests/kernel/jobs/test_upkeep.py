"""Forgetting what nobody asks for any more."""

import httpx

from gamekeeper.kernel.worker.upkeep import KEEP_ANSWERS, forget_answers
from tests.world import World


async def test_old_answers_are_forgotten_and_young_ones_kept(client: httpx.AsyncClient, world: World) -> None:
    device = (await client.post("/api/v1/devices", json={"name": "Seat 1"})).json()["id"]
    url, body = f"/api/v1/devices/{device}/actions", {"action": "logs"}

    async def act(key: str) -> httpx.Response:
        return await client.post(url, json=body, headers={"idempotency-key": key})

    first = {key: (await act(key)).json()["id"] for key in ("old", "young")}
    async with world.context() as ctx:
        await (await ctx.raw()).execute(
            "UPDATE idempotency_keys SET created_at = created_at - $1::interval WHERE key = 'old'", KEEP_ANSWERS
        )
    async with world.runtime.as_system(world.lantern) as ctx:
        await forget_answers.function(ctx)
    again = {key: (await act(key)).json()["id"] for key in ("old", "young")}
    assert again["young"] == first["young"]
    assert again["old"] != first["old"]
