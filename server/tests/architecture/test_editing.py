"""What two people may have open at once takes an edit only from who has seen its newest version."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from gamekeeper.kernel.database import Base, Versioned
from gamekeeper.kernel.membership.models import Member, Role
from gamekeeper.kernel.tenancy.models import Organization, Site, Team
from gamekeeper.modules.fleet.devices.models import Device
from gamekeeper.modules.fleet.groups.models import DeviceGroup
from gamekeeper.modules.venue.pricing.models import PriceRule, VenuePolicy
from gamekeeper.modules.venue.stations.models import Station
from tests.world import World


@dataclass(frozen=True)
class Door:
    """Where a thing is made, read and edited. Of a thing that is always there, `made_with` is None."""

    path: str
    made_with: Callable[[str], dict[str, Any]] | None
    """What makes it, given the organization's site."""
    change: Callable[[int], dict[str, Any]]
    """An edit, another one for every number."""
    verb: str = "PUT"
    key: str = "id"


def _named(number: int) -> dict[str, Any]:
    return {"name": f"Name {number}"}


DOORS: dict[type[Versioned], Door] = {
    Organization: Door("/organization", None, _named),
    Site: Door(
        "/sites",
        lambda _: {"name": "Cellar", "time_zone": "UTC"},
        lambda number: {**_named(number), "time_zone": "UTC"},
    ),
    Team: Door("/teams", lambda _: {"name": "Night shift"}, _named),
    Role: Door(
        "/roles",
        lambda _: {"name": "Cleaner", "permissions": []},
        lambda number: {**_named(number), "permissions": []},
        key="key",
    ),
    Member: Door(
        "/users",
        lambda site: {
            "email": f"bea.{site}@example.com",
            "name": "Bea",
            "password": "plum harbor tin lark",
            "roles": ["viewer"],
        },
        lambda number: {"roles": [("staff", "manager", "admin")[number % 3]]},
    ),
    DeviceGroup: Door("/device-groups", lambda _: {"name": "Row"}, _named),
    Device: Door("/devices", lambda _: {"name": "Kiosk"}, _named),
    Station: Door("/stations", None, lambda number: {"label": f"A{number}"}, verb="PATCH"),
    PriceRule: Door("/price-rules", lambda site: {"site_id": site}, _named, verb="PATCH"),
    VenuePolicy: Door("/venue-policy", None, lambda number: {"grace_seconds": number}, verb="PATCH"),
}


def test_everything_with_a_version_is_tried() -> None:
    assert {mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Versioned)} == set(DOORS)


@pytest.mark.parametrize("door", [pytest.param(door, id=door.path[1:]) for door in DOORS.values()])
async def test_an_edit_of_what_was_changed_meanwhile_is_refused(
    client: httpx.AsyncClient, world: World, door: Door
) -> None:
    path, etag = await _open(client, world, door)

    async def edit(number: int, if_match: str | None) -> httpx.Response:
        headers = {} if if_match is None else {"if-match": if_match}
        return await client.request(door.verb, path, json=door.change(number), headers=headers)

    theirs = await edit(1, etag)
    assert (theirs.status_code, theirs.headers["etag"]) == (200, f'"{theirs.json()["version"]}"')
    assert theirs.headers["etag"] != etag
    before = await _read(client, door, path)
    mine = await edit(2, etag)
    assert (mine.status_code, mine.json()["code"]) == (412, "precondition_failed")
    assert await _read(client, door, path) == before, "nothing of a refused edit stays"
    again = await edit(2, theirs.headers["etag"])
    assert again.status_code == 200
    blind = await edit(3, None)
    assert blind.status_code == 200, "who does not ask is not refused"
    assert len({etag, theirs.headers["etag"], again.headers["etag"], blind.headers["etag"]}) == 4
    read = await _read(client, door, path)
    assert {name: read[name] for name in door.change(3)} == door.change(3)
    assert f'"{read["version"]}"' == blind.headers["etag"], "what is read is what the next edit stands on"


async def _open(client: httpx.AsyncClient, world: World, door: Door) -> tuple[str, str]:
    """The address of a thing to edit, and the ETag that came with it."""
    path = f"/api/v1{door.path}"
    if door.path == "/stations":
        device = (await client.post("/api/v1/devices", json={"name": "Seat", "site_id": str(world.hall)})).json()["id"]
        made = await client.post(path, json={"site_id": str(world.hall), "device_ids": [device]})
        path = f"{path}/{made.json()['items'][0]['id']}"
    elif door.made_with is not None:
        made = await client.post(path, json=door.made_with(str(world.hall)))
        assert made.status_code == 201, made.text
        return f"{path}/{made.json()[door.key]}", made.headers["etag"]
    read = await client.get(path)
    return path, read.headers["etag"]


async def _read(client: httpx.AsyncClient, door: Door, path: str) -> dict[str, Any]:
    """The thing as its own address shows it, or else its list."""
    read = await client.get(path)
    if read.status_code == 200:
        assert read.headers["etag"] == f'"{read.json()["version"]}"'
        return read.json()
    listed: Any = (await client.get(f"/api/v1{door.path}")).json()
    items: list[dict[str, Any]] = listed if door.path == "/device-groups" else listed["items"]
    return next(item for item in items if path.endswith(f"/{item[door.key]}"))
