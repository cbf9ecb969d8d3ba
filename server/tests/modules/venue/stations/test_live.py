"""The floor on the live socket: a client that only applies what it hears sees what a reload would show."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from gamekeeper.kernel.caller import Actor, ActorKind, Authenticated
from gamekeeper.kernel.events import emit
from gamekeeper.modules.fleet.events import DeviceStatus
from gamekeeper_wire.station import Lock, Reason
from tests.kernel.jobs.watching import working
from tests.modules.venue.seats import Seat, bare_seat
from tests.modules.venue.sessions.test_doors import key, start
from tests.world import World


class Screen:
    """A floor in a browser: its cards, changed by nothing but frames."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.cards: dict[str, dict[str, Any]] = {}
        self.heard: list[str] = []

    async def send(self, event: str, **data: Any) -> None:
        await self._socket.send(json.dumps({"event": event, "data": data}))

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(30):
            frame: dict[str, Any] = json.loads(await self._socket.recv())
        self.heard.append(frame["event"])
        if frame["event"] == "station:status":
            card = {name: value for name, value in frame["data"].items() if not name.startswith("subject_")}
            self.cards[card["id"]] = card
        return frame

    async def until(self, event: str) -> dict[str, Any]:
        while True:
            frame = await self.next()
            if frame["event"] == event:
                return frame


@asynccontextmanager
async def screen(address: str, world: World, who: Authenticated | None = None) -> AsyncGenerator[Screen]:
    async with connect(f"ws://{address}/ws", origin=None) as socket:
        opened = Screen(socket)
        await opened.send("authenticate", token=world.token(who or world.ada))
        await opened.until("authenticated")
        await opened.send("subscribe", topics=["stations"])
        await opened.until("subscribed")
        yield opened


async def test_old_state_and_events_are_the_new_state(
    address: str, client: httpx.AsyncClient, world: World, seat: Seat
) -> None:
    async with screen(address, world) as floor:
        floor.cards = {card["id"]: card for card in (await client.get("/api/v1/stations")).json()["items"]}
        session = (await start(client, seat, guest="Mika")).json()
        await seat.report(Lock.UNLOCKED, Reason.STARTED, session["id"])
        await client.post(f"/api/v1/sessions/{session['id']}/extensions", json={"minutes": 30}, headers=key())
        await client.put(f"/api/v1/sessions/{session['id']}/end", headers=key())
        await seat.report(Lock.LOCKED, Reason.ENDED, session["id"])
        other = await bare_seat(world)
        await client.put(f"/api/v1/stations/{other.id}/outage", json={"reason": "no image"})
        while floor.cards.get(str(other.id), {}).get("out_of_order") is None:
            await floor.next()
    now = {card["id"]: card for card in (await client.get("/api/v1/stations")).json()["items"]}
    assert floor.cards == now
    assert now[str(seat.id)]["state"] == "free"
    told = [event for event in floor.heard if not event.startswith("station:")]
    assert told[2:] == [
        "payment:received",
        "session:started",
        "payment:received",
        "session:extended",
        "payment:returned",
        "session:ended",
    ]


async def test_a_machine_that_goes_away_changes_its_card(address: str, world: World, seat: Seat) -> None:
    async with working(world.runtime), screen(address, world) as floor:
        await seat.set_online("offline")
        who = Authenticated(Actor(ActorKind.DEVICE, seat.device_id, "PC"), world.lantern)
        async with world.runtime.context(who) as ctx:
            gone = DeviceStatus(
                subject_id=seat.device_id,
                id=seat.device_id,
                status="offline",
                connection="offline",
                last_seen=None,
                reason="connection-lost",
            )
            await emit(ctx, gone)
        while floor.cards.get(str(seat.id), {}).get("state") != "offline":
            await floor.next()
    assert floor.cards[str(seat.id)]["device_state"] == "offline"


@pytest.mark.parametrize("topic", ["stations", "sessions"])
async def test_who_may_not_see_the_floor_hears_nothing(address: str, world: World, topic: str) -> None:
    async with connect(f"ws://{address}/ws", origin=None) as socket:
        nobody = Screen(socket)
        await nobody.send("authenticate", token=world.token(world.someone()))
        await nobody.until("authenticated")
        await nobody.send("subscribe", topics=[topic])
        frame = await nobody.next()
    assert frame["event"] not in {"subscribed", "station:status"}
    assert "forbidden" in json.dumps(frame)
