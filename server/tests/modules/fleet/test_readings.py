"""Charts of devices over HTTP: rights on the device decide, the numbers are those that were stored."""

import csv
import io
import time
from uuid import UUID, uuid4

import httpx
import pytest

from gamekeeper.modules.metrics.public import May, open_writer
from gamekeeper_wire.agent import Sample
from tests.modules.fleet.test_devices import make_group, register
from tests.world import World


async def read(world: World, device_id: str, cpu: float, now: float | None = None) -> None:
    latest = int((now or time.time()) * 1000)
    samples = [Sample(ts=latest - 60_000 * place, cpu=cpu, latency=1.5) for place in range(3)]
    async with open_writer(world.runtime) as writer:
        await (await writer.accept(world.lantern, UUID(device_id), samples, replay=False))


async def test_a_chart_has_bands_and_units(client: httpx.AsyncClient, world: World) -> None:
    device = await register(client, "Seat 1")
    await read(world, device["id"], 42.5)
    answer = await client.get(f"/api/v1/devices/{device['id']}/metrics", params={"metric": ["cpu", "latency", "cpu"]})
    assert answer.status_code == 200
    body = answer.json()
    assert list(body["metrics"]) == ["cpu", "latency"]
    assert body["metrics"]["latency"]["unit"] == "ms"
    assert {value for value in body["metrics"]["cpu"]["avg"] if value is not None} == {42.5}
    assert len(body["times"]) == len(body["metrics"]["cpu"]["max"])
    assert body["gaps"][0]["since"] <= body["times"][0]


@pytest.mark.parametrize("path", ["/api/v1/devices/{}/metrics", "/api/v1/metrics/aggregate?metric=cpu&device={}"])
async def test_rights_on_the_device_decide(client: httpx.AsyncClient, world: World, path: str) -> None:
    hall = await make_group(client, f"Hall {uuid4()}")
    row = await make_group(client, f"Row {uuid4()}", hall)
    mine = await register(client, "Mine", group_id=row)
    other = await register(client, "Other", site_id=str(world.hall))
    for resource in (mine["id"], row):
        guest = world.headers(world.someone(grants={May.READ: {UUID(resource)}}))
        assert (await client.get(path.format(mine["id"]), headers=guest)).status_code == 200
        assert (await client.get(path.format(other["id"]), headers=guest)).status_code == 404
    nobody = world.headers(world.someone())
    assert (await client.get(path.format(mine["id"]), headers=nobody)).status_code == 403
    stranger = world.headers(world.rex)
    assert (await client.get(path.format(mine["id"]), headers=stranger)).status_code == 404


async def test_a_group_and_a_site_select_their_devices(client: httpx.AsyncClient, world: World) -> None:
    hall = await make_group(client, f"Hall {uuid4()}")
    row = await make_group(client, f"Row {uuid4()}", hall)
    inside = await register(client, "Inside", group_id=row)
    placed = await register(client, "=Placed", site_id=str(world.hall))
    at_once = time.time()  # not one before and one after the turn of a minute
    await read(world, inside["id"], 10.0, at_once)
    await read(world, placed["id"], 30.0, at_once)
    for query, mean in (({"group": hall}, 10.0), ({"site": str(world.hall)}, 30.0), ({}, 20.0)):
        answer = await client.get("/api/v1/metrics/aggregate", params={"metric": "cpu"} | query)
        assert set(answer.json()["avg"]) == {mean}
    answer = await client.get("/api/v1/metrics/export", params={"tier": "raw", "site": str(world.hall)})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["device"] for row in rows] == ["'=Placed"] * 3
    assert [row["cpu"] for row in rows] == ["30.0"] * 3
