"""Forgetting what nobody asks for any more."""

from datetime import timedelta

import httpx

from gamekeeper.kernel.housekeeping.jobs import sweep
from tests.world import World


async def test_old_answers_are_forgotten_and_young_ones_kept(client: httpx.AsyncClient, world: World) -> None:
    device = (await client.post("/api/v1/devices", json={"name": "Seat 1"})).json()["id"]
    url, body = f"/api/v1/devices/{device}/actions", {"action": "logs"}

    async def act(key: str) -> httpx.Response:
        return await client.post(url, json=body, headers={"idempotency-key": key})

    first = {key: (await act(key)).json()["id"] for key in ("old", "young")}
    async with world.context() as ctx:
        await (await ctx.raw()).execute(
            "UPDATE idempotency_keys SET created_at = created_at - $1::interval WHERE key = 'old'",
            timedelta(days=world.runtime.settings.keep_requests_days),
        )
    await sweep(world.runtime)
    again = {key: (await act(key)).json()["id"] for key in ("old", "young")}
    assert again["young"] == first["young"]
    assert again["old"] != first["old"]
