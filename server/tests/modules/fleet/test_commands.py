"""Commands from the question to the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.commands.expiry import expire
from gamekeeper.modules.fleet.gateway.server import Gateway
from gamekeeper.modules.fleet.permissions import May
from gamekeeper_wire.agent import Capabilities, CommandAck, CommandPart, CommandProgress, CommandResult, Mode
from gamekeeper_wire.limits import MAX_PART
from gamekeeper_wire.server import CommandRequest, Refused
from tests.modules.fleet.conftest import Enrol
from tests.modules.fleet.machines import Machine
from tests.world import World, key


async def ask(client: httpx.AsyncClient, machine: Machine, action: str = "restart", **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/v1/devices/{machine.id}/actions", json={"action": action} | body, headers=key())
    assert answer.status_code == 201, answer.text
    return answer.json()


async def state_of(client: httpx.AsyncClient, machine: Machine, command: dict[str, Any]) -> str:
    answer = await client.get(f"/api/v1/devices/{machine.id}/commands/{command['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()["state"]


async def steps(world: World, subject: str) -> list[str]:
    async with world.context() as ctx:
        raw = await ctx.raw()
        rows = await raw.fetch("SELECT type FROM events WHERE subject_id = $1 ORDER BY position", UUID(subject))
    return [row["type"] for row in rows]


async def until(told: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await told():
            await asyncio.sleep(0.02)


async def test_a_command_goes_to_a_connected_device_and_comes_back(
    enrol: Enrol, client: httpx.AsyncClient, world: World
) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        made = await ask(client, machine, "logs", params={"lines": 10})
        request = await link.next(CommandRequest)
        assert (request.command_id, request.action, request.params) == (made["id"], "logs", {"lines": 10})
        assert 0 < request.ttl_ms <= 300_000
        await link.send(CommandAck(command_id=made["id"]))
        await link.answered()
        assert await state_of(client, machine, made) == "acknowledged"
        await link.send(CommandProgress(command_id=made["id"], percent=40, text="reading"))
        await link.answered()
        assert await state_of(client, machine, made) == "running"
        await link.send(CommandResult(command_id=made["id"], ok=True, code="ok", message="10 lines", data={"n": 10}))
        await link.answered()
    read = (await client.get(f"/api/v1/devices/{machine.id}/commands/{made['id']}")).json()
    assert (read["state"], read["percent"], read["data"]) == ("succeeded", 40, {"n": 10})
    assert await steps(world, made["id"]) == [
        "command:queued",
        "command:sent",
        "command:acknowledged",
        "command:finished",
    ]


async def test_a_device_that_is_away_gets_it_when_it_comes(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    made = await ask(client, machine)
    assert made["state"] == "queued"
    async with machine.linked() as link:
        assert (await link.next(CommandRequest)).command_id == made["id"]


async def test_it_is_sent_again_until_its_end_is_known(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    made = await ask(client, machine)
    async with machine.linked() as link:
        await link.next(CommandRequest)  # and the device dies before it says a word
    async with machine.linked() as link:
        await link.next(CommandRequest)
        await link.send(CommandAck(command_id=made["id"]))
        await link.answered()
    async with machine.linked() as link:
        await link.next(CommandRequest)  # its answer may have been lost
        result = CommandResult(command_id=made["id"], ok=True, code="ok")
        await link.send(result, result)  # and may come twice
        await link.answered()
        assert not [frame for frame in link.heard if isinstance(frame, Refused) and frame.code == "command-unknown"]
    async with machine.linked() as link:
        await link.answered()
        assert not [frame for frame in link.heard if isinstance(frame, CommandRequest)]
    assert await state_of(client, machine, made) == "succeeded"


async def test_what_nobody_takes_expires_visibly(
    enrol: Enrol, client: httpx.AsyncClient, world: World, runtime: Runtime
) -> None:
    machine = await enrol()
    made = await ask(client, machine, ttl=5)
    async with world.context() as ctx:
        raw = await ctx.raw()
        await raw.execute("UPDATE commands SET expires_at = now() WHERE id = $1", UUID(made["id"]))

    async def is_over() -> bool:
        await expire(runtime)
        return await state_of(client, machine, made) == "expired"

    await until(is_over)
    assert await steps(world, made["id"]) == ["command:queued", "command:expired"]
    async with machine.linked() as link:
        await link.answered()
        assert not [frame for frame in link.heard if isinstance(frame, CommandRequest)]


async def test_a_device_that_never_tells_the_end_has_failed(
    enrol: Enrol, client: httpx.AsyncClient, world: World, runtime: Runtime
) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        made = await ask(client, machine)
        await link.next(CommandRequest)
        await link.send(CommandAck(command_id=made["id"]))
        await link.answered()
        async with world.context() as ctx:
            raw = await ctx.raw()
            await raw.execute("UPDATE commands SET expires_at = now() WHERE id = $1", UUID(made["id"]))

        async def is_over() -> bool:
            await expire(runtime)
            return await state_of(client, machine, made) == "failed"

        await until(is_over)
        read = (await client.get(f"/api/v1/devices/{machine.id}/commands/{made['id']}")).json()
        assert read["code"] == "no-result"
        await link.send(CommandResult(command_id=made["id"], ok=True, code="ok"))  # better late than never
        await link.answered()
    assert await state_of(client, machine, made) == "succeeded"


async def test_a_machine_that_only_lets_itself_be_watched(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    watched = Capabilities(actions=["restart", "logs", "screenshot"])
    async with machine.linked(mode=Mode.OBSERVE, capabilities=watched):
        answer = await client.post(f"/api/v1/devices/{machine.id}/actions", json={"action": "reboot"}, headers=key())
        assert (answer.status_code, answer.json()["code"]) == (409, "refused_by_machine")
        assert "observe mode" in answer.json()["detail"]
        await ask(client, machine, "screenshot")


async def test_the_machine_has_the_last_word(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        made = await ask(client, machine, "reboot")
        await link.next(CommandRequest)
        await link.send(
            CommandAck(command_id=made["id"]),
            CommandResult(command_id=made["id"], ok=False, code="not-allowed-by-machine", message="observe"),
        )
        await link.answered()
    assert await state_of(client, machine, made) == "refused"


async def test_a_waiting_command_can_be_taken_back(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    made = await ask(client, machine)
    url = f"/api/v1/devices/{machine.id}/commands/{made['id']}/cancellation"
    assert (await client.put(url)).json()["state"] == "cancelled"
    assert (await client.put(url)).json()["code"] == "command_closed"
    async with machine.linked() as link:
        await link.answered()
        assert not [frame for frame in link.heard if isinstance(frame, CommandRequest)]


async def test_a_command_under_way_cannot_be_taken_back(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        made = await ask(client, machine)
        await link.next(CommandRequest)
        await link.send(CommandAck(command_id=made["id"]))
        await link.answered()
        answer = await client.put(f"/api/v1/devices/{machine.id}/commands/{made['id']}/cancellation")
        assert answer.status_code == 409


async def test_a_device_answers_for_its_own_commands_only(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine, other = await enrol(), await enrol()
    made = await ask(client, other)
    async with machine.linked() as link:
        for command_id in (made["id"], str(uuid4()), "nonsense"):
            await link.send(CommandResult(command_id=command_id, ok=True, code="ok"))
            assert (await link.next(Refused)).code == "command-unknown"
    assert await state_of(client, other, made) == "queued"


async def test_repeating_a_request_asks_once(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    url, same = f"/api/v1/devices/{machine.id}/actions", key()
    first = await client.post(url, json={"action": "restart"}, headers=same)
    again = await client.post(url, json={"action": "restart"}, headers=same)
    assert first.json()["id"] == again.json()["id"]
    other = await client.post(url, json={"action": "reboot"}, headers=same)
    assert other.json()["code"] == "idempotency_key_reused"
    without = await client.post(url, json={"action": "restart"})
    assert (without.status_code, without.json()["code"]) == (422, "idempotency_key_missing")
    assert len((await client.get(f"/api/v1/devices/{machine.id}/commands")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "explode"}, "invalid"),
        ({"action": "logs", "params": {"lines": 0}}, "bad_parameters"),
        ({"action": "logs", "params": {"lines": True}}, "bad_parameters"),
        ({"action": "update", "params": {"version": "2"}}, "bad_parameters"),
        ({"action": "restart", "ttl": 1}, "invalid"),
        ({"action": "restart", "params": {"x": "\x00"}}, "invalid"),
        ({"action": "restart", "params": {"x": [1]}}, "invalid"),
    ],
)
async def test_bad_requests_are_named(enrol: Enrol, client: httpx.AsyncClient, body: dict[str, Any], code: str) -> None:
    machine = await enrol()
    answer = await client.post(f"/api/v1/devices/{machine.id}/actions", json=body, headers=key())
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_number_that_is_none_is_refused(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    for text in ("NaN", "Infinity", "1e999"):
        answer = await client.post(
            f"/api/v1/devices/{machine.id}/actions",
            content='{"action": "restart", "params": {"x": ' + text + "}}",
            headers={"content-type": "application/json"} | key(),
        )
        assert answer.status_code == 422, text


async def test_looking_and_changing_are_two_rights(enrol: Enrol, client: httpx.AsyncClient, world: World) -> None:
    machine = await enrol()
    url = f"/api/v1/devices/{machine.id}/actions"
    looker = world.headers(world.someone(May.VIEW, May.INSPECT))
    doer = world.headers(world.someone(May.VIEW, grants={May.COMMAND: {machine.id}}))
    assert (await client.post(url, json={"action": "screenshot"}, headers=looker | key())).status_code == 201
    assert (await client.post(url, json={"action": "restart"}, headers=looker | key())).status_code == 403
    assert (await client.post(url, json={"action": "restart"}, headers=doer | key())).status_code == 201
    assert (await client.post(url, json={"action": "logs"}, headers=doer | key())).status_code == 403


async def test_many_devices_with_a_look_before(
    enrol: Enrol, client: httpx.AsyncClient, world: World, gateway: Gateway
) -> None:
    online, away, watched, revoked = [await enrol(site_id=str(world.hall)) for _ in range(4)]
    await enrol()  # of no site: untouched
    await client.put(f"/api/v1/devices/{revoked.id}/revocation")
    async with watched.linked(mode=Mode.OBSERVE, capabilities=Capabilities(actions=["logs"])):
        pass
    async with online.linked() as link:
        await link.answered()
        await gateway.changes.write()
        body: dict[str, Any] = {"action": "reboot", "filter": {"site_id": str(world.hall)}}
        seen = (await client.post("/api/v1/actions", json=body)).json()
        assert (seen["total"], seen["online"], seen["offline"], seen["refusing"]) == (2, 1, 1, 1)
        assert "observe mode" in seen["refusals"][0]["reason"]
        assert seen["bulk_id"] is None
        assert (await client.get(f"/api/v1/devices/{away.id}/commands")).json()["items"] == []

        real = body | {"preview": False}
        without = await client.post("/api/v1/actions", json=real)
        assert without.json()["code"] == "idempotency_key_missing"
        done = await client.post("/api/v1/actions", json=real, headers={"idempotency-key": "b"})
        again = await client.post("/api/v1/actions", json=real, headers={"idempotency-key": "b"})
        assert (done.status_code, done.json()) == (201, again.json())
        assert (await link.next(CommandRequest)).action == "reboot"
    made = (await client.get(f"/api/v1/actions/{done.json()['bulk_id']}/commands")).json()["items"]
    assert {command["device_id"] for command in made} == {str(online.id), str(away.id)}


async def test_a_bulk_action_touches_only_what_one_may(enrol: Enrol, client: httpx.AsyncClient, world: World) -> None:
    mine, other = await enrol(), await enrol()
    someone = world.headers(world.someone(May.VIEW, grants={May.COMMAND: {mine.id}}))
    body = {"action": "restart", "device_ids": [str(mine.id), str(other.id), str(uuid4())]}
    seen = (await client.post("/api/v1/actions", json=body, headers=someone)).json()
    assert seen["total"] == 1
    rex = (await client.post("/api/v1/actions", json=body, headers=world.headers(world.rex))).json()
    assert rex["total"] == 0
    nobody = world.headers(world.someone(May.VIEW))
    assert (await client.post("/api/v1/actions", json=body, headers=nobody)).status_code == 403


async def test_a_hint_that_is_lost_only_delays(enrol: Enrol, world: World, gateway: Gateway) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        await link.answered()
        async with world.context() as ctx:
            raw = await ctx.raw()
            await raw.execute(
                """INSERT INTO commands (organization_id, id, device_id, action, params, state, issuer_kind,
                                         issuer_label, expires_at)
                   VALUES ($1, $2, $3, 'restart', '{}', 'queued', 'user', 'Ada', now() + interval '1 minute')""",
                world.lantern,
                uuid4(),
                machine.id,
            )
        await gateway.upkeep.flush()
        assert (await link.next(CommandRequest)).action == "restart"


async def test_each_command_is_sent_once_however_many_hints_there_are(
    enrol: Enrol, client: httpx.AsyncClient, runtime: Runtime
) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        made = [await ask(client, machine) for _ in range(5)]
        for _ in range(10):
            runtime.hints.poke("commands", str(machine.id))
        for _ in made:
            await link.next(CommandRequest)
        await link.answered()
        sent = [frame.command_id for frame in link.heard if isinstance(frame, CommandRequest)]
        assert sorted(sent) == sorted(command["id"] for command in made)


async def test_a_picture_is_kept_as_a_file(enrol: Enrol, client: httpx.AsyncClient, world: World) -> None:
    machine = await enrol()
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3000
    pieces = [picture[at : at + MAX_PART] for at in range(0, len(picture), MAX_PART)]
    async with machine.linked() as link:
        made = await ask(client, machine, "screenshot")
        await link.next(CommandRequest)
        await link.send(CommandAck(command_id=made["id"]))
        for index, piece in enumerate(pieces):
            last = index == len(pieces) - 1
            await link.send(CommandPart(command_id=made["id"], index=index, last=last, content=piece))
        result = CommandResult(command_id=made["id"], ok=True, code="ok", data={"media_type": "image/png"})
        await link.send(result, result)
        await link.answered()
    url = f"/api/v1/devices/{machine.id}/commands/{made['id']}"
    assert (await client.get(url)).json()["has_output"]
    found = (await client.get(f"{url}/output")).json()
    assert (found["type"], found["size"]) == ("image/png", len(picture))
    assert found["name"].endswith(".png")
    assert (await client.get(found["url"])).content == picture
    viewer = world.headers(world.someone(May.VIEW))
    assert (await client.get(f"{url}/output", headers=viewer)).status_code == 403
    assert (await client.get(f"{url}/output", headers=world.headers(world.rex))).status_code == 404


async def test_half_a_picture_is_none(enrol: Enrol, client: httpx.AsyncClient) -> None:
    machine = await enrol()
    async with machine.linked() as link:
        made = await ask(client, machine, "screenshot")
        await link.next(CommandRequest)
        await link.send(CommandPart(command_id=made["id"], index=0, last=False, content=b"half"))
        await link.send(CommandResult(command_id=made["id"], ok=True, code="ok"))
        await link.answered()
    url = f"/api/v1/devices/{machine.id}/commands/{made['id']}"
    assert (await client.get(f"{url}/output")).json()["code"] == "output_missing"
    assert await state_of(client, machine, made) == "succeeded"
