"""Nobody reaches anything of another organization, over any route or topic; new ones join by themselves."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect

from gamekeeper.kernel.realtime import publish
from gamekeeper.kernel.realtime.topics import every_topic
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.authority import service as authority
from tests.page import browser
from tests.tenancy.examples import Examples
from tests.tenancy.furnished import Furnished, Furnisher, fingerprint, ids_of
from tests.world import World

WITHOUT_A_DOOR = {
    "api_tokens": "made by a person's own sign-in, which the test's owner has not",
    "certificates": "an agent's, made when it enrols",
    "device_log_lines": "an agent's",
    "device_tags": "has no id of its own",
    "enrolment_requests": "an agent's",
    "files": "an agent's screenshot",
    "mails": "written by the worker",
    "metrics_late": "an agent's",
    "seat_absences": "an agent's",
    "seat_segments": "an agent's",
    "secrets": "a person's second step, set up by a sign-in",
    "session_segments": "an agent's",
}
"""Tables that the furnished organization has no rows in, with the reason."""

ECHOES = {
    ("POST", "/api/v1/actions"): "a preview of nothing: ids that are not there are not counted",
}
"""Operations that answer well to somebody else's ids in the body, because they ignore them."""


@pytest.fixture
async def rival(app: FastAPI, client: httpx.AsyncClient, world: World, runtime: Runtime) -> Furnished:
    del app
    await authority.ensure(runtime, datetime.now(UTC))
    furnished = Furnished()
    await Furnisher(client, world, furnished.mark).furnish()
    furnished.ids = await ids_of(runtime, world.rival)
    return furnished


def operations(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    paths: dict[str, dict[str, dict[str, Any]]] = app.openapi()["paths"]
    return [
        (method.upper(), path, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]


async def test_every_kind_of_row_stands_in_the_other_organization(rival: Furnished) -> None:
    bare = {table for table, ids in rival.ids.items() if not ids}
    assert bare - set(WITHOUT_A_DOOR) == set(), "furnish one, or say why not"


async def test_no_route_reaches_over_the_wall(
    app: FastAPI, client: httpx.AsyncClient, world: World, runtime: Runtime, rival: Furnished
) -> None:
    before = await fingerprint(runtime, world.rival)
    examples = Examples(app.openapi(), rival.samples)
    headers = world.headers(world.ada)
    for method, path, operation in operations(app):
        for target in [_filled(path, foreign) for foreign in rival.samples] if "{" in path else [path]:
            body = examples.body(operation)
            key = {"idempotency-key": f"wall {method} {target}"}
            answer = await client.request(
                method, target, json=body, headers={**headers, **key}, params=_query(operation, rival)
            )
            where = f"{method} {target} {json.dumps(body)[:200]} -> {answer.status_code} {answer.text[:300]}"
            assert answer.status_code < 500 or path in SAYS_NOT_READY, where
            assert rival.mark not in answer.text, where
            if "{" in path:
                assert answer.status_code in {400, 401, 403, 404, 405, 409, 410, 422, 429}, where
            elif examples.mentions_ids(operation) and (method, path) not in ECHOES:
                assert not answer.is_success, where
    assert await fingerprint(runtime, world.rival) == before


def _filled(path: str, value: str) -> str:
    parts = [value if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


def _query(operation: dict[str, Any], rival: Furnished) -> dict[str, str]:
    """Somebody else's id in every parameter that takes an id."""
    return {
        parameter["name"]: rival.samples[place % len(rival.samples)]
        for place, parameter in enumerate(operation.get("parameters", ()))
        if parameter["in"] == "query" and "uuid" in json.dumps(parameter.get("schema", {}))
    }


async def test_no_topic_reaches_over_the_wall(address: str, world: World, rival: Furnished) -> None:
    names = [
        name if topic.model is None else f"{name}:{foreign}"
        for name, topic in every_topic().items()
        for foreign in (rival.samples if topic.model else [""])
    ]
    async with connect(f"ws://{address}/ws") as socket:
        await socket.send(json.dumps({"event": "authenticate", "data": {"token": world.token(world.ada)}}))
        assert json.loads(await socket.recv())["event"] == "authenticated"
        for number, name in enumerate(names):
            await socket.send(json.dumps({"event": "subscribe", "data": {"topics": [name]}, "ref": str(number)}))
            frame = json.loads(await socket.recv())
            while frame.get("ref") != str(number):
                frame = json.loads(await socket.recv())
            if ":" in name:
                assert frame["event"] == "error", name
                assert frame["data"]["code"] in {"not_found", "unknown_topic"}, name
            assert rival.mark not in json.dumps(frame)


async def test_no_list_brings_what_is_over_the_wall_to_who_may_see_a_part(
    address: str, client: httpx.AsyncClient, world: World, rival: Furnished
) -> None:
    parts = {name: topic.permission for name, topic in every_topic().items() if topic.parts}
    assert parts.keys() >= {"devices", "stations", "sessions"}
    # A grant on anything of the other organization must not open it, however it came to be.
    over_there = {UUID(one) for ids in rival.ids.values() for one in ids} | {world.annex}
    member = world.someone(grants={permission: over_there | {world.hall} for permission in parts.values()})
    async with browser(address, world.token(member)) as page:
        await page.send("subscribe", topics=sorted(parts))
        bookmark = (await page.next())["id"]
        device, station = rival.ids["devices"][0], rival.ids["stations"][0]
        theirs = Furnisher(client, world, rival.mark)
        await theirs.make("PUT", f"devices/{device}", name=f"{rival.mark} again")
        await theirs.make("PUT", f"stations/{station}/outage", reason=rival.mark)
        topics = ("devices", f"device:{device}")
        # Also a value that is sent as ours and names a thing of theirs: what is not here is nowhere.
        for organization_id, key in ((world.rival, "theirs"), (world.lantern, "as ours")):
            publish(world.runtime, organization_id, topics, "device:metric", {"of": rival.mark}, key=key)
        made = await client.post("/api/v1/devices", json={"name": "Ours", "site_id": str(world.hall)})
        ours = made.json()["id"]
        publish(world.runtime, world.lantern, ("devices", f"device:{ours}"), "device:metric", {"of": ours}, key="ours")
        heard = [await page.next(), await page.next()]
        await page.send("subscribe", topics=sorted(parts), since=bookmark)
        heard += [await page.next(), await page.next()]
    assert sorted(frame["event"] for frame in heard) == [
        "device:metric",
        "device:registered",
        "device:registered",
        "subscribed",
    ]
    assert rival.mark not in json.dumps(heard)


async def test_no_route_opens_without_signing_in(app: FastAPI, client: httpx.AsyncClient, rival: Furnished) -> None:
    del client.headers["authorization"]
    examples = Examples(app.openapi(), rival.samples)
    limits = app.state.runtime.limits
    for method, path, operation in operations(app):
        limits.forget()  # so that the limit for strangers is not what refuses them
        answer = await client.request(method, _filled(path, rival.samples[0]), json=examples.body(operation))
        where = f"{method} {path} -> {answer.status_code} {answer.text[:200]}"
        if answer.status_code >= 500:
            assert path in SAYS_NOT_READY or answer.json()["code"] == "mail_not_configured", where
        assert rival.mark not in answer.text, where
        if path not in OPEN:
            assert answer.status_code in {401, 422}, where
            if answer.status_code == 422 and examples.body(operation) is None:
                raise AssertionError(where)


OPEN = {
    "/api/v1/auth/login": "signs in",
    "/api/v1/auth/logout": "ends what is there",
    "/api/v1/auth/refresh": "by its cookie",
    "/api/v1/auth/password-reset": "mails the account's owner; sets a password by the link's token",
    "/api/v1/setup": "by its one-time link",
    "/api/v1/invitations/offer": "by the invitation's token",
    "/api/v1/invitations/account": "by the invitation's token",
    "/api/v1/enrolments": "by the claim token",
    "/api/v1/enrolments/renewals": "by the certificate and its key",
    "/api/v1/enrolments/{request_id}": "by its secret",
    "/api/v1/files/{file_id}": "by its signature",
    "/health": "for whoever watches the process",
    "/ready": "the same",
    "/metrics": "answers to itself and to trusted addresses only",
}
"""What is open to strangers, each with what it asks for instead."""

SAYS_NOT_READY = frozenset({"/ready"})
"""Answers 503 by design: another test of the run may have had a worker, which is missed since."""
