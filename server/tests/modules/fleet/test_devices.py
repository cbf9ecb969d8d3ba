"""Devices and groups over HTTP."""

import csv
import io
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from gamekeeper.kernel.access.permission import Permission
from gamekeeper.modules.fleet.devices.shapes import DeviceRowOut
from gamekeeper.modules.fleet.permissions import May
from tests.world import World, key


async def register(client: httpx.AsyncClient, name: str, **fields: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/devices", json={"name": name} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def names(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get("/api/v1/devices", params=query)
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["items"]]


async def make_group(client: httpx.AsyncClient, name: str, parent: str | None = None) -> str:
    answer = await client.post("/api/v1/device-groups", json={"name": name, "parent_id": parent})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_a_page_goes_on_after_whatever_name(client: httpx.AsyncClient, world: World) -> None:
    made = ["A\u00a01", "B\n2", "C", "D\u200b"]
    ids = [(await register(client, "Seat"))["id"] for _ in made]
    called = [(name, UUID(id_)) for name, id_ in zip(made, ids, strict=True)]
    async with world.context() as ctx:  # as a machine may call itself; people may not
        await (await ctx.raw()).executemany("UPDATE devices SET name = $1 WHERE id = $2", called)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 1}
    while True:
        answer = await client.get("/api/v1/devices", params=query)
        assert answer.status_code == 200, answer.text
        seen += [row["name"] for row in answer.json()["items"]]
        query["after"] = answer.json()["next"]
        if query["after"] is None:
            break
    assert seen == made


async def test_a_registered_device_was_never_seen(client: httpx.AsyncClient, world: World) -> None:
    made = await register(client, "Seat 1", site_id=str(world.hall), tags=["row-a", "vip"])
    assert made["status"] == "never_seen"
    read = await client.get(f"/api/v1/devices/{made['id']}")
    assert read.json()["tags"] == ["row-a", "vip"]
    assert read.headers["etag"] == '"1"'


async def test_a_row_of_the_list_is_what_the_api_describes(client: httpx.AsyncClient, world: World) -> None:
    """Rows are written as they come from the database; a device that is read goes through its model."""
    group = await make_group(client, f"Row {uuid4()}")
    made = await register(client, "Seat 1", site_id=str(world.hall), group_id=group, tags=["vip"], location="Row A")
    await register(client, "Seat 2")
    async with world.context() as ctx:  # as a machine that was here
        await (await ctx.raw()).execute(
            "UPDATE device_presence SET cpu = 42.5, last_seen = now() WHERE id = $1", UUID(made["id"])
        )
    rows = (await client.get("/api/v1/devices")).json()["items"]
    assert [row["name"] for row in rows] == ["Seat 1", "Seat 2"]
    assert (rows[0]["cpu"], rows[1]["cpu"]) == (42.5, None)
    for row in rows:
        assert set(row) == set(DeviceRowOut.model_fields)
        assert row == DeviceRowOut.model_validate(row).model_dump(mode="json")
        one = (await client.get(f"/api/v1/devices/{row['id']}")).json()
        assert row == {name: one[name] for name in row}


async def test_the_list_pages_by_name_without_a_gap(client: httpx.AsyncClient) -> None:
    for number in range(7):
        await register(client, f"Seat {number}")
    await register(client, "Seat 3")  # a name may be there twice
    found: list[str] = []
    after = None
    while True:
        page = (await client.get("/api/v1/devices", params={"limit": 3} | ({"after": after} if after else {}))).json()
        found += [row["id"] for row in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(found) == len(set(found)) == 8


async def test_filters_narrow_the_list(client: httpx.AsyncClient, world: World) -> None:
    hall = await make_group(client, "Hall")
    row = await make_group(client, "Row A", hall)
    await register(client, "Seat 1", site_id=str(world.hall), group_id=row, tags=["vip", "new"])
    await register(client, "Seat 2", group_id=hall, tags=["vip"])
    await register(client, "Counter", kind="server")
    assert await names(client, site=str(world.hall)) == ["Seat 1"]
    assert await names(client, group=hall) == ["Seat 1", "Seat 2"]
    assert await names(client, group=row) == ["Seat 1"]
    assert await names(client, tag=["vip", "new"]) == ["Seat 1"]
    assert await names(client, kind="server") == ["Counter"]
    assert await names(client, q="seat") == ["Seat 1", "Seat 2"]
    assert await names(client, q="%") == []
    assert await names(client, state="online") == []
    assert await names(client, state=["never_seen", "online"]) == ["Counter", "Seat 1", "Seat 2"]


async def test_counts_are_of_every_state(client: httpx.AsyncClient) -> None:
    first = await register(client, "Seat 1")
    await register(client, "Seat 2")
    await client.put(f"/api/v1/devices/{first['id']}", json={"maintenance": True})
    counted = (await client.get("/api/v1/devices/counts")).json()
    assert counted["total"] == 2
    assert counted["states"]["maintenance"] == counted["states"]["never_seen"] == 1


async def test_two_people_cannot_overwrite_each_other(client: httpx.AsyncClient) -> None:
    made = await register(client, "Seat 1")
    url = f"/api/v1/devices/{made['id']}"
    first = await client.put(url, json={"name": "Seat one"}, headers={"if-match": '"1"'})
    assert first.headers["etag"] == '"2"'
    second = await client.put(url, json={"name": "Place one"}, headers={"if-match": '"1"'})
    assert second.status_code == 412
    assert (await client.get(url)).json()["name"] == "Seat one"


async def test_fields_that_are_left_out_stay(client: httpx.AsyncClient, world: World) -> None:
    made = await register(client, "Seat 1", site_id=str(world.hall), notes="loud fan", tags=["vip"])
    url = f"/api/v1/devices/{made['id']}"
    await client.put(url, json={"location": "by the window"})
    await client.put(url, json={"site_id": None, "tags": []})
    read = (await client.get(url)).json()
    assert (read["notes"], read["location"], read["site_id"], read["tags"]) == ("loud fan", "by the window", None, [])


async def test_another_tenants_devices_do_not_exist(client: httpx.AsyncClient, world: World) -> None:
    made = await register(client, "Seat 1")
    group = await make_group(client, "Hall")
    rex = world.headers(world.rex)
    url = f"/api/v1/devices/{made['id']}"
    for method, path, body in (
        ("GET", url, None),
        ("PUT", url, {"name": "mine"}),
        ("DELETE", url, None),
        ("PUT", f"{url}/approval", {"approved": True}),
        ("PUT", f"{url}/revocation", None),
        ("GET", f"{url}/logs", None),
        ("PUT", f"{url}/logs/following", {}),
        ("POST", f"{url}/actions", {"action": "restart"}),
        ("GET", f"{url}/commands", None),
        ("PUT", f"/api/v1/device-groups/{group}", {"name": "mine"}),
        ("DELETE", f"/api/v1/device-groups/{group}", None),
    ):
        answer = await client.request(method, path, json=body, headers=rex | key())
        assert answer.status_code == 404, (method, path, answer.text)
    assert (await client.get("/api/v1/devices", headers=rex)).json()["items"] == []
    stolen = await client.post("/api/v1/devices", json={"name": "x", "group_id": group}, headers=rex)
    assert stolen.status_code == 422
    assert stolen.json()["code"] == "place_unknown"


async def test_a_grant_shows_only_its_devices(client: httpx.AsyncClient, world: World) -> None:
    group = await make_group(client, "Hall")
    mine = await register(client, "Seat 1", group_id=group)
    other = await register(client, "Seat 2")
    someone = world.headers(world.someone(grants={May.VIEW: {UUID(group)}}))
    rows = (await client.get("/api/v1/devices", headers=someone)).json()["items"]
    assert [row["id"] for row in rows] == [mine["id"]]
    assert (await client.get("/api/v1/devices/counts", headers=someone)).json()["total"] == 1
    assert (await client.get(f"/api/v1/devices/{other['id']}", headers=someone)).status_code == 404
    assert (await client.put(f"/api/v1/devices/{mine['id']}", json={}, headers=someone)).status_code == 403


async def test_without_permission_nothing_is_listed(client: httpx.AsyncClient, world: World) -> None:
    nobody = world.headers(world.someone())
    for path in ("/api/v1/devices", "/api/v1/devices/counts", "/api/v1/devices/csv", "/api/v1/device-groups"):
        assert (await client.get(path, headers=nobody)).status_code == 403
    assert (await client.get("/api/v1/devices", headers={"authorization": ""})).status_code == 401


async def test_the_table_holds_no_formulas(client: httpx.AsyncClient) -> None:
    await register(client, "=cmd|' /C calc'!A0", tags=["+1"])
    answer = await client.get("/api/v1/devices/csv")
    assert answer.headers["content-type"].startswith("text/csv")
    row = next(csv.DictReader(io.StringIO(answer.text)))
    assert row["name"].startswith("'=")
    assert row["tags"] == "'+1"


async def test_groups_form_no_circle(client: httpx.AsyncClient) -> None:
    top = await make_group(client, "Top")
    middle = await make_group(client, "Middle", top)
    bottom = await make_group(client, "Bottom", middle)
    for parent in (bottom, middle, top):
        answer = await client.put(f"/api/v1/device-groups/{top}", json={"parent_id": parent})
        assert answer.json()["code"] == "group_cycle"
    moved = await client.put(f"/api/v1/device-groups/{bottom}", json={"parent_id": None})
    assert moved.json()["parent_id"] is None


async def test_groups_are_eight_deep_at_most(client: httpx.AsyncClient) -> None:
    parent = None
    for depth in range(8):
        parent = await make_group(client, f"Level {depth}", parent)
    answer = await client.post("/api/v1/device-groups", json={"name": "Too deep", "parent_id": parent})
    assert answer.json()["code"] == "group_too_deep"


async def test_what_lies_in_a_deleted_group_moves_up(client: httpx.AsyncClient) -> None:
    top = await make_group(client, "Top")
    middle = await make_group(client, "Middle", top)
    bottom = await make_group(client, "Bottom", middle)
    device = await register(client, "Seat 1", group_id=middle)
    assert (await client.delete(f"/api/v1/device-groups/{middle}")).status_code == 204
    groups = {row["id"]: row for row in (await client.get("/api/v1/device-groups")).json()}
    assert groups[bottom]["parent_id"] == top
    assert groups[top]["devices"] == 1
    assert (await client.get(f"/api/v1/devices/{device['id']}")).json()["group_id"] == top


async def test_a_name_is_taken_once_in_a_place(client: httpx.AsyncClient) -> None:
    await make_group(client, "Hall")
    again = await client.post("/api/v1/device-groups", json={"name": "Hall"})
    assert (again.status_code, again.json()["code"]) == (409, "group_name_taken")


@pytest.mark.parametrize(
    "query",
    [{"after": "nonsense"}, {"after": "WzFd"}, {"state": "lost"}, {"q": "\x00"}, {"site": "1"}, {"limit": 0}],
)
async def test_bad_queries_are_named(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    answer = await client.get("/api/v1/devices", params=query)
    assert answer.status_code == 422
    assert answer.json()["code"]


async def test_a_deleted_device_is_gone(client: httpx.AsyncClient, world: World) -> None:
    made = await register(client, "Seat 1")
    assert (await client.delete(f"/api/v1/devices/{made['id']}")).status_code == 204
    assert (await client.get(f"/api/v1/devices/{made['id']}")).status_code == 404
    assert (await client.get(f"/api/v1/devices/{uuid4()}")).status_code == 404
    async with world.context() as ctx:
        raw = await ctx.raw()
        types = [
            row["type"] for row in await raw.fetch("SELECT type FROM events WHERE subject_id = $1", UUID(made["id"]))
        ]
    assert types == ["device:registered", "device:deleted"]


async def test_who_edits_by_a_grant_moves_devices_to_granted_places_only(
    client: httpx.AsyncClient, world: World
) -> None:
    device = await register(client, "Seat 1")
    group, own = await make_group(client, "Commanded"), await make_group(client, "Own")
    here = {UUID(device["id"])}
    rights: dict[Permission, set[UUID]] = {May.VIEW: here, May.EDIT: here | {UUID(own)}, May.COMMAND: {UUID(group)}}
    headers = world.headers(world.someone(grants=rights))

    async def move(place: str | None) -> int:
        answer = await client.put(f"/api/v1/devices/{device['id']}", json={"group_id": place}, headers=headers)
        return answer.status_code

    assert await move(group) == 403
    assert await move(own) == 200
    assert await move(None) == 200


@pytest.mark.parametrize("blank", ["", "   ", "Seat\n1", "\t"])
async def test_names_and_tags_are_lines_with_something_in_them(client: httpx.AsyncClient, blank: str) -> None:
    device = await register(client, "Seat 1")
    group = await make_group(client, "Hall")
    at_device, at_group = f"/api/v1/devices/{device['id']}", f"/api/v1/device-groups/{group}"
    answers = [
        await client.post("/api/v1/devices", json={"name": blank}),
        await client.put(at_device, json={"name": blank}, headers={"if-match": '"1"'}),
        await client.put(at_device, json={"tags": [blank]}, headers={"if-match": '"1"'}),
        await client.post("/api/v1/device-groups", json={"name": blank}),
        await client.put(at_group, json={"name": blank}, headers={"if-match": '"1"'}),
    ]
    assert [answer.status_code for answer in answers] == [422] * 5
    assert await names(client) == ["Seat 1"]


async def test_space_around_what_was_typed_is_not_kept(client: httpx.AsyncClient) -> None:
    made = await register(client, "  Seat 1 ", location=" by the door ", tags=[" vip", "vip ", "row-a"])
    assert (made["name"], made["location"], made["tags"]) == ("Seat 1", "by the door", ["row-a", "vip"])
    refused = await client.post("/api/v1/devices", json={"name": "Seat 2", "tags": ["a,b"]})
    assert refused.status_code == 422
