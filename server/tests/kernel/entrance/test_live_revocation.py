"""What is taken away at a door is taken from the open socket too."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from websockets import ConnectionClosed
from websockets.asyncio.client import ClientConnection, connect

from gamekeeper.kernel.entrance import doorkeeper
from gamekeeper.kernel.identity.sessions.access_tokens import Claims
from gamekeeper.kernel.realtime.frames import Close
from gamekeeper.kernel.runtime import Runtime
from tests.people import PASSWORD, People


@asynccontextmanager
async def listening(address: str, token: str, *topics: str) -> AsyncGenerator[ClientConnection]:
    async with connect(f"ws://{address}/ws") as socket:
        await socket.send(json.dumps({"event": "authenticate", "data": {"token": token}}))
        assert (await frame(socket))["event"] == "authenticated"
        await socket.send(json.dumps({"event": "subscribe", "data": {"topics": topics}}))
        assert (await frame(socket))["event"] == "subscribed"
        yield socket


async def frame(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(30):
        return json.loads(await socket.recv())


async def closed(socket: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed):
        async with asyncio.timeout(30):
            while True:
                await socket.recv()
    return socket.close_code


async def test_signing_out(people: People, real_address: str) -> None:
    async with listening(real_address, people.ada.token, "members") as socket, people.browser(people.ada) as browser:
        assert (await browser.post("/api/v1/auth/logout")).status_code == 204
        assert await closed(socket) == Close.REVOKED


async def test_another_password(people: People, real_address: str) -> None:
    bea = await people.person("Bea", "staff")
    async with listening(real_address, bea.token, "members") as socket, people.browser(people.ada) as ada:
        await ada.put(f"/api/v1/users/{bea.id}", json={"password": PASSWORD[::-1]})
        assert await closed(socket) == Close.REVOKED


async def test_a_member_who_is_removed(people: People, real_address: str) -> None:
    bea = await people.person("Bea", "manager")
    async with people.browser(people.ada) as ada, people.browser(bea) as browser:
        body = {"name": "Screen", "permissions": ["kernel.member.read"]}
        token = (await browser.post("/api/v1/tokens", json=body)).json()["token"]
        async with (
            listening(real_address, bea.token, "members") as person,
            listening(real_address, token, "members") as screen,
        ):
            await ada.delete(f"/api/v1/users/{bea.id}")
            assert await closed(person) == Close.REVOKED
            assert await closed(screen) == Close.REVOKED, "and with the member the member's tokens"


async def test_a_member_who_is_removed_while_signing_in(
    people: People, real_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bea = await people.person("Bea", "manager")
    real, looked, removed = doorkeeper._load_session, asyncio.Event(), asyncio.Event()

    async def held_up(runtime: Runtime, claims: Claims, organization_id: UUID | None) -> Any:
        answer = await real(runtime, claims, organization_id)
        if claims.user_id == bea.id:
            looked.set()
            await removed.wait()
        return answer

    monkeypatch.setattr(doorkeeper, "_load_session", held_up)
    async with connect(f"ws://{real_address}/ws") as socket, people.browser(people.ada) as ada:
        await socket.send(json.dumps({"event": "authenticate", "data": {"token": bea.token}}))
        await looked.wait()
        assert (await ada.delete(f"/api/v1/users/{bea.id}")).status_code == 204
        removed.set()
        with pytest.raises(ConnectionClosed):
            pytest.fail(f"it was let in: {await frame(socket)}")
        assert socket.close_code == Close.REVOKED


async def test_a_token_that_is_revoked(people: People, real_address: str) -> None:
    async with people.browser(people.ada) as ada:
        body = {"name": "Screen", "permissions": ["kernel.member.read"]}
        token = (await ada.post("/api/v1/tokens", json=body)).json()
        async with listening(real_address, token["token"], "members") as screen:
            await ada.delete(f"/api/v1/tokens/{token['id']}")
            assert await closed(screen) == Close.REVOKED


async def test_another_role_loses_the_topic_and_keeps_the_socket(people: People, real_address: str) -> None:
    bea = await people.person("Bea", "manager")
    async with listening(real_address, bea.token, "invitations") as socket, people.browser(people.ada) as ada:
        await ada.put(f"/api/v1/users/{bea.id}", json={"roles": ["viewer"]})
        lost = await frame(socket)
        assert (lost["event"], lost["data"]["lost"]) == ("unsubscribed", ["invitations"])


async def test_members_hear_of_each_other(people: People, real_address: str) -> None:
    async with listening(real_address, people.ada.token, "members") as socket:
        bea = await people.person("Bea", "staff")
        heard = await frame(socket)
    assert (heard["event"], heard["data"]["subject_id"]) == ("member:joined", str(bea.id))
