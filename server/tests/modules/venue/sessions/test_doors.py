"""Sessions and the floor over HTTP."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from gamekeeper.kernel.access.permission import every_permission
from gamekeeper.kernel.database import new_id
from gamekeeper.modules.venue.permissions import May
from gamekeeper_wire.station import Lock, Reason
from tests.modules.venue.seats import Seat, bare_seat, free_seat, make_device
from tests.world import World


def key() -> dict[str, str]:
    return {"idempotency-key": str(uuid4())}


async def start(client: httpx.AsyncClient, seat: Seat, **changes: Any) -> httpx.Response:
    body: dict[str, Any] = {"station_id": str(seat.id), "minutes": 60}
    headers: dict[str, str] = changes.pop("headers", key())
    return await client.post("/api/v1/sessions", json=body | changes, headers=headers)


async def test_the_whole_way_from_devices_to_money(client: httpx.AsyncClient, world: World) -> None:
    devices = [str(await make_device(world, world.lantern, world.hall)) for _ in range(2)]
    made = await client.post(
        "/api/v1/stations", json={"site_id": str(world.hall), "device_ids": devices, "zone": "Main hall"}
    )
    assert made.status_code == 201, made.text
    assert [(seat["label"], seat["state"]) for seat in made.json()["items"]] == [("1", "locking"), ("2", "locking")]
    rule = await client.post("/api/v1/price-rules", json={"site_id": str(world.hall)})
    assert (rule.status_code, len(rule.json()["presets"]), rule.json()["currency"]) == (201, 3, "EUR")
    first = made.json()["items"][0]
    seat = Seat(world, first["id"], first["device_id"])
    await seat.hello()
    await seat.report(Lock.LOCKED, Reason.CONNECTED)

    quote = (await client.get("/api/v1/quotes", params={"station": "1", "minutes": 60})).json()
    assert (quote["action"], quote["amount"], quote["problem"]) == ("start", 500, None)
    session = (await start(client, seat, expected_amount=quote["amount"])).json()
    assert (session["state"], session["total"], session["station"]) == ("open", 500, "1")
    assert session["lines"][0]["reason"].startswith("60 min bought at ")

    quote = (await client.get("/api/v1/quotes", params={"station": first["id"], "minutes": 30})).json()
    assert (quote["action"], quote["amount"], quote["session_id"]) == ("extend", 300, session["id"])
    extended = await client.post(f"/api/v1/sessions/{session['id']}/extensions", json={"minutes": 30}, headers=key())
    assert (extended.status_code, extended.json()["total"]) == (201, 800)

    quote = (await client.get("/api/v1/quotes", params={"station": "1"})).json()
    assert (quote["action"], quote["amount"] < -700) == ("end", True)
    ended = await client.put(f"/api/v1/sessions/{session['id']}/end", headers=key())
    assert (ended.status_code, ended.json()["state"]) == (200, "ended")

    balances = {each["name"]: each["balance"] for each in (await client.get("/api/v1/ledger/balances")).json()["items"]}
    assert balances == {"asset:cash:main": ended.json()["total"], "revenue:time": -ended.json()["total"]}
    entries = (await client.get("/api/v1/ledger/entries", params={"limit": 2})).json()
    assert [entry["kind"] for entry in entries["items"]] == ["refund", "sale"]
    rest = (await client.get("/api/v1/ledger/entries", params={"limit": 2, "after": entries["next"]})).json()
    assert ([entry["kind"] for entry in rest["items"]], rest["next"]) == (["sale"], None)
    assert all(sum(side["amount"] for side in entry["postings"]) == 0 for entry in entries["items"] + rest["items"])
    history = (await client.get("/api/v1/sessions", params={"station_id": first["id"], "state": "ended"})).json()
    assert [brief["id"] for brief in history["items"]] == [session["id"]]


async def test_the_floor_shows_a_start_and_its_undo(client: httpx.AsyncClient, seat: Seat) -> None:
    session = (await start(client, seat, guest="Mika")).json()
    [shown] = (await client.get("/api/v1/stations")).json()["items"]
    assert (shown["state"], shown["session"]["guest"], shown["session"]["paid"]) == ("busy", "Mika", 450)
    [purchase] = session["purchases"]
    assert purchase["undo_until"] is not None
    undone = await client.delete(f"/api/v1/sessions/{session['id']}/purchases/{purchase['id']}")
    assert (undone.status_code, undone.json()["state"], undone.json()["total"]) == (200, "undone", 0)
    [shown] = (await client.get("/api/v1/stations")).json()["items"]
    assert (shown["state"], shown["session"]) == ("free", None)


async def test_a_repeated_request_is_one_session_and_one_payment(client: httpx.AsyncClient, seat: Seat) -> None:
    headers = key()
    answers = await asyncio.gather(*(start(client, seat, headers=headers) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 1
    entries = (await client.get("/api/v1/ledger/entries")).json()["items"]
    assert len(entries) == 1
    other = await start(client, seat, headers=headers, minutes=30)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    missing = await start(client, seat, headers={})
    assert (missing.status_code, missing.json()["code"]) == (422, "idempotency_key_missing")


async def test_a_seat_that_cannot_be_sold_says_why_and_what_to_do(client: httpx.AsyncClient, seat: Seat) -> None:
    await seat.set_online("offline")
    said = "Seat 1 is not free: The machine does not answer. What it was told last goes on to its end."
    quote = (await client.get("/api/v1/quotes", params={"station": "1", "minutes": 60})).json()
    assert quote["problem"] == said
    refused = await start(client, seat)
    assert (refused.status_code, refused.json()["detail"]) == (409, said)


async def test_two_cashiers_one_seat(client: httpx.AsyncClient, world: World, seat: Seat) -> None:
    cashiers = [world.headers(world.someone(May.START, May.VIEW)) for _ in range(4)]
    answers = await asyncio.gather(*(start(client, seat, headers=cashier | key()) for cashier in cashiers))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    refusals = [answer.json() for answer in answers if answer.status_code == 409]
    assert {refusal["code"] for refusal in refusals} == {"station_not_free"}
    assert {refusal["detail"] for refusal in refusals} == {"Seat 1 is not free: somebody plays on it."}
    balances = (await client.get("/api/v1/ledger/balances")).json()["items"]
    assert {each["name"]: each["balance"] for each in balances}["asset:cash:main"] == 450


async def test_a_failed_start_may_be_tried_again_with_its_key(client: httpx.AsyncClient, seat: Seat) -> None:
    headers = key()
    await seat.set_online("offline")
    refused = await start(client, seat, headers=headers)
    assert (refused.status_code, refused.json()["state"]) == (409, "offline")
    await seat.set_online("online")
    assert (await start(client, seat, headers=headers)).status_code == 201


async def test_another_tenant_finds_nothing(client: httpx.AsyncClient, world: World, seat: Seat) -> None:
    session = (await start(client, seat)).json()
    rex = world.headers(world.rex)
    purchase = session["purchases"][0]["id"]
    for method, path, body in (
        ("GET", f"/stations/{seat.id}", None),
        ("PATCH", f"/stations/{seat.id}", {"label": "9"}),
        ("PUT", f"/stations/{seat.id}/outage", {"reason": "x"}),
        ("DELETE", f"/stations/{seat.id}/outage", None),
        ("DELETE", f"/stations/{seat.id}", None),
        ("GET", f"/quotes?station={seat.id}", None),
        ("GET", "/quotes?station=1", None),
        ("POST", "/sessions", {"station_id": str(seat.id), "minutes": 60}),
        ("GET", f"/sessions/{session['id']}", None),
        ("POST", f"/sessions/{session['id']}/extensions", {"minutes": 60}),
        ("PUT", f"/sessions/{session['id']}/end", None),
        ("DELETE", f"/sessions/{session['id']}/purchases/{purchase}", None),
        ("POST", "/stations", {"site_id": str(world.hall), "device_ids": [str(seat.device_id)]}),
        ("POST", "/stations", {"site_id": str(world.annex), "device_ids": [str(seat.device_id)]}),
        ("POST", "/price-rules", {"site_id": str(world.hall)}),
    ):
        answer = await client.request(method, f"/api/v1{path}", json=body, headers=rex | key())
        assert answer.status_code == 404, (method, path, answer.text)
    for path in ("/stations", "/sessions", "/ledger/entries", "/ledger/balances", "/price-rules"):
        assert (await client.get(f"/api/v1{path}", headers=rex)).json()["items"] == []


NEEDS = [
    ("GET", "/stations", None, May.VIEW),
    ("GET", "/stations/{seat}", None, May.VIEW),
    ("POST", "/stations", {"site_id": "{site}", "device_ids": ["{device}"]}, May.ARRANGE),
    ("PATCH", "/stations/{seat}", {"zone": "VIP"}, May.ARRANGE),
    ("DELETE", "/stations/{seat}", None, May.ARRANGE),
    ("PUT", "/stations/{seat}/outage", {"reason": "broken"}, May.SERVICE),
    ("DELETE", "/stations/{seat}/outage", None, May.SERVICE),
    ("GET", "/quotes?station={seat}&minutes=60", None, May.VIEW),
    ("GET", "/sessions", None, May.VIEW),
    ("POST", "/sessions", {"station_id": "{seat}", "minutes": 60}, May.START),
    ("POST", "/sessions/{id}/extensions", {"minutes": 60}, May.EXTEND),
    ("PUT", "/sessions/{id}/end", None, May.END),
    ("DELETE", "/sessions/{id}/purchases/{id}", None, May.UNDO),
    ("GET", "/price-rules", None, May.VIEW),
    ("POST", "/price-rules", {"site_id": "{site}"}, May.PRICE),
    ("PATCH", "/price-rules/{id}", {"rate": 1}, May.PRICE),
    ("GET", "/venue-policy", None, May.VIEW),
    ("PATCH", "/venue-policy", {"early_end": "burn"}, May.PRICE),
    ("GET", "/ledger/balances", None, May.LEDGER),
    ("GET", "/ledger/entries", None, May.LEDGER),
    ("POST", "/lease-keys", None, May.KEYS),
]


@pytest.mark.parametrize(("method", "path", "body", "needed"), NEEDS)
async def test_each_door_opens_with_its_own_key_only(
    client: httpx.AsyncClient, world: World, seat: Seat, method: str, path: str, body: Any, needed: May
) -> None:
    text = json.dumps([path, body])
    for name, value in {"seat": seat.id, "site": world.hall, "device": seat.device_id, "id": new_id()}.items():
        text = text.replace(f"{{{name}}}", str(value))
    path, body = json.loads(text)
    others = [each for each in every_permission() if each is not needed]
    refused = await client.request(
        method, f"/api/v1{path}", json=body, headers=world.headers(world.someone(*others)) | key()
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), refused.text
    allowed = await client.request(
        method, f"/api/v1{path}", json=body, headers=world.headers(world.someone(needed)) | key()
    )
    assert allowed.status_code not in {401, 403}, allowed.text
    stranger = await client.request(method, f"/api/v1{path}", json=body, headers={"authorization": "", **key()})
    assert stranger.status_code == 401


async def test_a_grant_on_one_seat_is_for_that_seat(client: httpx.AsyncClient, world: World) -> None:
    ours, other = await free_seat(world), await bare_seat(world)
    helper = world.headers(world.someone(grants={May.VIEW: {ours.id}, May.START: {ours.id}}))
    shown = (await client.get("/api/v1/stations", headers=helper)).json()["items"]
    assert [each["id"] for each in shown] == [str(ours.id)]
    assert (await start(client, other, headers=helper | key())).status_code == 404
    assert (await start(client, ours, headers=helper | key())).status_code == 201


async def test_a_seat_is_edited_by_one_at_a_time(client: httpx.AsyncClient, seat: Seat) -> None:
    read = await client.get(f"/api/v1/stations/{seat.id}")
    first = await client.patch(
        f"/api/v1/stations/{seat.id}", json={"label": "A1"}, headers={"if-match": read.headers["etag"]}
    )
    second = await client.patch(
        f"/api/v1/stations/{seat.id}", json={"label": "A2"}, headers={"if-match": read.headers["etag"]}
    )
    assert (first.status_code, first.json()["label"], second.status_code) == (200, "A1", 412)


async def test_seats_are_numbered_on_and_labels_are_unique(client: httpx.AsyncClient, world: World, seat: Seat) -> None:
    device = str(await make_device(world, world.lantern, world.hall))
    body = {"site_id": str(world.hall), "device_ids": [device]}
    second = (await client.post("/api/v1/stations", json=body)).json()["items"][0]
    assert second["label"] == "2"
    assert (await client.post("/api/v1/stations", json=body)).json()["code"] == "device_taken"
    taken = await client.patch(f"/api/v1/stations/{second['id']}", json={"label": "1"})
    assert (taken.status_code, taken.json()["code"]) == (409, "label_taken")
    await start(client, seat)
    assert (await client.delete(f"/api/v1/stations/{seat.id}")).json()["code"] == "station_in_use"
    assert (await client.delete(f"/api/v1/stations/{second['id']}")).status_code == 204


async def test_an_outage_takes_a_seat_off_the_market(client: httpx.AsyncClient, seat: Seat) -> None:
    out = await client.put(f"/api/v1/stations/{seat.id}/outage", json={"reason": "no image"})
    assert (out.json()["state"], out.json()["out_of_order"]) == ("maintenance", "no image")
    assert (await start(client, seat)).json()["state"] == "maintenance"
    back = await client.delete(f"/api/v1/stations/{seat.id}/outage")
    assert back.json()["state"] == "free"


@pytest.mark.parametrize(
    "changes",
    [
        {"minutes": 0},
        {"minutes": -60},
        {"minutes": 10**9},
        {"minutes": 1.5},
        {"method": "iou"},
        {"guest": "a\x00b"},
        {"station_id": "1"},
        {"expected_amount": -1},
    ],
)
async def test_nonsense_is_named(client: httpx.AsyncClient, seat: Seat, changes: dict[str, Any]) -> None:
    answer = await start(client, seat, **changes)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
