"""The frame `command` of a page's live socket."""

from uuid import uuid4

import httpx

from tests.modules.fleet.conftest import Enrol
from tests.page import browser
from tests.world import World


async def test_a_frame_that_comes_twice_is_done_once(
    enrol: Enrol, client: httpx.AsyncClient, world: World, address: str
) -> None:
    machine = await enrol()
    ask = {"device_id": str(machine.id), "action": "reboot"}
    async with browser(address, world.token(world.ada)) as page:
        answers: list[tuple[str, str]] = []
        for frame in (
            {**ask, "idempotency_key": "pressed once"},
            {**ask, "idempotency_key": "pressed once"},
            {**ask, "idempotency_key": "pressed once", "action": "restart"},
            {**ask, "idempotency_key": "pressed again"},
            ask,
        ):
            await page.send("command", **frame)
            told = await page.next()
            answers.append((told["event"], told["data"].get("id") or told["data"]["code"]))
    assert [event for event, _ in answers] == [
        "command:accepted",
        "command:accepted",
        "error",
        "command:accepted",
        "command:accepted",
    ]
    assert answers[0] == answers[1]
    assert answers[2][1] == "idempotency_key_reused"
    made = (await client.get(f"/api/v1/devices/{machine.id}/commands")).json()["items"]
    assert len(made) == 3


async def test_a_frame_asks_for_what_one_may(enrol: Enrol, world: World, address: str) -> None:
    machine = await enrol()
    nobody, stranger = world.token(world.someone()), world.token(world.rex)
    for token, device, code in (
        (nobody, machine.id, "forbidden"),
        (stranger, machine.id, "not_found"),
        (world.token(world.ada), uuid4(), "not_found"),
    ):
        async with browser(address, token) as page:
            await page.send("command", device_id=str(device), action="restart")
            told = await page.next()
            assert (told["event"], told["data"]["code"]) == ("error", code)
