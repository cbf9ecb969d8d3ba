"""The live socket: signing in, listening, resuming, and losing what was taken away."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from fastapi import FastAPI
from websockets import InvalidStatus

from gamekeeper.kernel.access.permission import Permission
from gamekeeper.kernel.caller import Authenticated
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.events import Event, emit
from gamekeeper.kernel.realtime import Topic, publish
from gamekeeper.kernel.realtime.frames import Close
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tenancy.models import Site
from tests.page import browser
from tests.world import World, authenticate, forget, retell


class DoorPermission(Permission):
    READ = "testing.door.read", "See doors"


class DoorOpened(Event):
    type: ClassVar[str] = "door:opened"

    by: str = ""


DOORS = Topic("doors", DoorPermission.READ)
DOOR = Topic("door", DoorPermission.READ, Site)


async def open_door(world: World, by: str, door: UUID | None = None, who: Authenticated | None = None) -> None:
    async with world.context(who) as ctx:
        await emit(ctx, DoorOpened(subject_id=door or new_id(), by=by))


def reader(world: World) -> Authenticated:
    return world.someone(DoorPermission.READ)


async def test_a_fact_reaches_who_listens_with_its_id_and_without_its_actor(address: str, world: World) -> None:
    async with browser(address, world.token(reader(world))) as page:
        await page.send("subscribe", topics=["doors"])
        assert (await page.next())["event"] == "subscribed"
        await open_door(world, "Ada")
        frame = await page.next()
    assert (frame["event"], frame["data"]["by"]) == ("door:opened", "Ada")
    assert UUID(frame["id"])
    assert "actor" not in frame


async def test_nothing_of_another_organization_arrives(address: str, world: World) -> None:
    async with browser(address, world.token(reader(world))) as page:
        await page.send("subscribe", topics=["doors"])
        await page.next()
        await open_door(world, "Rex", who=world.rex)
        await open_door(world, "Ada")
        assert (await page.next())["data"]["by"] == "Ada"


async def test_resuming_skips_nothing_and_repeats_nothing(address: str, world: World) -> None:
    token = world.token(reader(world))
    async with browser(address, token) as page:
        await page.send("subscribe", topics=["doors"])
        await page.next()
        await open_door(world, "1")
        last = (await page.next())["id"]
    for by in ("2", "3"):
        await open_door(world, by)
    stop = asyncio.Event()

    async def busy() -> None:
        number = 4
        while not stop.is_set():
            await open_door(world, str(number))
            number += 1

    opening = asyncio.create_task(busy())
    async with browser(address, token) as page:
        await page.send("subscribe", topics=["doors"], since=last)
        assert (await page.next())["event"] == "subscribed"
        heard = [int((await page.next())["data"]["by"]) for _ in range(60)]
    stop.set()
    await opening
    assert heard == list(range(2, 62))


async def test_a_bookmark_from_before_the_first_fact_resumes(address: str, world: World) -> None:
    token = world.token(reader(world))
    async with browser(address, token) as page:
        await page.send("subscribe", topics=["doors"])
        bookmark = (await page.next())["id"]
    await open_door(world, "meanwhile")
    async with browser(address, token) as page:
        await page.send("subscribe", topics=["doors"], since=bookmark)
        assert (await page.next())["event"] == "subscribed"
        assert (await page.next())["data"]["by"] == "meanwhile"


@pytest.mark.parametrize("since", ["01890a5d-ac96-774b-bcce-b302099a8057", "nonsense", "9" * 50, "1.x"])
async def test_an_unknown_place_asks_for_a_snapshot_and_goes_on(address: str, world: World, since: str) -> None:
    async with browser(address, world.token(reader(world))) as page:
        await page.send("subscribe", topics=["doors"], since=since)
        assert (await page.next())["event"] == "snapshot-needed"
        await open_door(world, "later")
        assert (await page.next())["data"]["by"] == "later"


async def test_the_other_tenants_event_is_no_place_to_resume_from(address: str, world: World) -> None:
    async with browser(address, world.token(replace(world.rex))) as page:
        await page.send("subscribe", topics=["doors"])
        await page.next()
        await open_door(world, "Rex", who=world.rex)
        foreign = (await page.next())["id"]
    async with browser(address, world.token(reader(world))) as page:
        await page.send("subscribe", topics=["doors"], since=foreign)
        assert (await page.next())["event"] == "snapshot-needed"


async def test_the_audit_topic_shows_who_did_it(address: str, world: World) -> None:
    async with browser(address, world.token(world.ada)) as page:
        await page.send("subscribe", topics=["audit", "doors"])
        assert (await page.next())["event"] == "subscribed"
        await open_door(world, "x")
        frame = await page.next()
    assert frame["actor"]["label"] == "Ada"


async def test_one_thing_is_listened_to_by_its_id(address: str, world: World) -> None:
    async with browser(address, world.token(reader(world))) as page:
        await page.send("subscribe", doors=[str(world.hall)])
        assert (await page.next())["data"]["topics"] == [f"door:{world.hall}"]
        await open_door(world, "elsewhere")
        await open_door(world, "here", world.hall)
        assert (await page.next())["data"]["by"] == "here"


@pytest.mark.parametrize("topic", ["door:{annex}", "door:nothing", "doors:{hall}", "door", "nothing", "", "x" * 500])
async def test_what_is_not_there_cannot_be_listened_to(address: str, world: World, topic: str) -> None:
    async with browser(address, world.token(reader(world))) as page:
        await page.send("subscribe", topics=[topic.format(annex=world.annex, hall=world.hall)])
        frame = await page.next()
    assert frame["event"] == "error"
    assert frame["data"]["code"] in {"not_found", "unknown_topic"}


async def test_without_the_permission_nothing_is_heard(address: str, world: World) -> None:
    async with browser(address, world.token(world.someone())) as page:
        await page.send("subscribe", topics=["doors"])
        assert (await page.next())["data"]["code"] == "forbidden"


async def test_the_first_frame_must_authenticate(address: str) -> None:
    async with browser(address) as page:
        await page.send("subscribe", topics=["doors"])
        assert (await page.next())["data"]["code"] == "unauthenticated"
        assert (await page.closed()).rcvd.code == Close.UNAUTHENTICATED  # type: ignore[union-attr]


async def test_a_foreign_page_may_not_connect(address: str) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        async with browser(address, origin="https://evil.example"):
            pass


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"event": 5}', '{"data": {}}', '{"event":"subscribe","data":{"topics":"doors"}}',
     '{"event":"subscribe","data":{"topics":[1]}}', '{"event":"subscribe","data":{}}', '{"event":"dance","data":{}}',
     '{"event":"subscribe","data":{"topics":["doors"],"since":4}}', "[" * 20000],
)  # fmt: skip
async def test_a_malformed_frame_is_named_and_the_socket_lives(address: str, world: World, text: str) -> None:
    async with browser(address, world.token(reader(world))) as page:
        await page.socket.send(text)
        assert (await page.next())["data"]["code"] == "malformed_frame"
        await page.send("subscribe", topics=["doors"])
        assert (await page.next())["event"] == "subscribed"


async def test_an_oversized_frame_ends_the_socket(address: str, world: World) -> None:
    async with browser(address, world.token(reader(world))) as page:
        await page.socket.send("x" * 70_000)
        assert (await page.closed()).rcvd.code == Close.BAD_FRAME  # type: ignore[union-attr]


async def test_a_flood_of_frames_ends_the_socket(address: str, world: World) -> None:
    async with browser(address, world.token(reader(world))) as page:
        for _ in range(700):
            await page.send("unsubscribe", topics=["doors"])
        assert (await page.closed()).rcvd.code == Close.TOO_MANY  # type: ignore[union-attr]


async def test_a_socket_stays_in_its_organization_also_while_its_person_leaves_it(
    address: str, world: World, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, asked = world.token(reader(world)), 0

    async def leaves_meanwhile(runtime: Runtime, credential: str, *rest: Any) -> Authenticated:
        nonlocal asked
        answer = await authenticate(runtime, credential, *rest)
        if credential == token:
            asked += 1
            if asked == 3:  # the first question of the second sign-in
                retell(token, replace(answer, organization_id=world.rival))
        return answer

    monkeypatch.setitem(app.state._state, "authenticate", leaves_meanwhile)
    async with browser(address, token) as page:
        await page.send("subscribe", topics=["doors"])
        assert (await page.next())["event"] == "subscribed"
        await page.send("authenticate", token=token)
        assert (await page.closed()).rcvd.code == Close.REVOKED  # type: ignore[union-attr]


async def test_what_is_revoked_loses_its_sockets(address: str, world: World, runtime: Runtime) -> None:
    who = reader(world)
    token = world.token(who)
    async with browser(address, token) as page:
        forget(token)
        runtime.hints.poke("access", str(who.session_id))
        assert (await page.closed()).rcvd.code == Close.REVOKED  # type: ignore[union-attr]


async def test_a_lost_permission_takes_its_topics_only(address: str, world: World, runtime: Runtime) -> None:
    who = reader(world)
    token = world.token(who)
    async with browser(address, token) as page:
        await page.send("subscribe", topics=["doors"])
        await page.next()
        retell(token, replace(who, access=world.someone().access))
        runtime.hints.poke("access", str(who.actor.id))
        frame = await page.next()
    assert (frame["event"], frame["data"]["lost"]) == ("unsubscribed", ["doors"])


async def test_a_socket_ends_with_its_token_unless_a_newer_one_comes(address: str, world: World) -> None:
    soon = replace(reader(world), expires_at=datetime.now(UTC) + timedelta(seconds=1.5))
    async with browser(address, world.token(soon)) as page:
        assert (await page.closed()).rcvd.code == Close.UNAUTHENTICATED  # type: ignore[union-attr]
    soon = replace(soon, expires_at=datetime.now(UTC) + timedelta(seconds=1.5))
    async with browser(address, world.token(soon)) as page:
        await page.sign_in(world.token(replace(soon, expires_at=None)))
        await asyncio.sleep(1.7)
        await page.send("subscribe", topics=["doors"])
        assert (await page.next())["event"] == "subscribed"


async def test_of_ephemeral_values_the_newest_arrives_without_an_id(
    address: str, world: World, runtime: Runtime
) -> None:
    async with browser(address, world.token(reader(world))) as page:
        await page.send("subscribe", topics=["doors"])
        await page.next()
        for angle in range(5):
            publish(runtime, world.lantern, ["doors"], "door:angle", {"angle": angle}, key="angle")
        frame = await page.next()
    assert frame == {"event": "door:angle", "data": {"angle": 4}}
