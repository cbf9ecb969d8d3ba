"""Aggregates and exports over HTTP. The owner of devices is played by a dictionary with the same rules."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from gamekeeper.kernel.access.permission import Permission
from gamekeeper.kernel.context import Reader
from gamekeeper.kernel.errors import NotFound
from gamekeeper.modules.metrics import export, machines
from gamekeeper.modules.metrics.public import May, Selection, Writer, open_writer
from tests.modules.metrics.samples import device, now_ms, samples
from tests.world import World


class Owner:
    """Devices of organizations by id."""

    def __init__(self) -> None:
        self.names: dict[UUID, dict[UUID, str]] = {}

    async def __call__(self, ctx: Reader, permission: Permission, selection: Selection) -> Mapping[UUID, str]:
        ours = self.names.get(ctx.organization_id, {})
        if not ctx.may(permission):
            ours = {id_: name for id_, name in ours.items() if id_ in ctx.granted(permission)}
            if not ours:
                raise ctx.refusal(permission)
        if selection.is_everything:
            return ours
        if not set(selection.device_ids) <= ours.keys():
            raise NotFound
        return {id_: ours[id_] for id_ in selection.device_ids}


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> Owner:
    played = Owner()
    monkeypatch.setattr(machines, "_owners", [played])
    return played


@pytest.fixture
async def three(world: World, owner: Owner) -> list[UUID]:
    found = [device() for _ in range(3)]
    names = ["Seat 1", "=cmd|' /C calc'!A0", "Büro 3"]
    owner.names[world.lantern] = dict(zip(found, names, strict=True))
    owner.names[world.rival] = {device(): "Theirs"}
    async with open_writer(world.runtime) as writer:
        for place, machine in enumerate(found):
            await send(writer, world, machine, cpu=20.0 * (place + 1))
    return found


async def send(writer: Writer, world: World, machine: UUID, cpu: float) -> None:
    sent = samples(5, end=now_ms() // 60_000 * 60_000 - 120_000, cpu=cpu)
    await (await writer.accept(world.lantern, machine, sent, replay=False))


async def test_an_aggregate_has_mean_extremes_and_percentile(client: httpx.AsyncClient, three: list[UUID]) -> None:
    answer = await client.get("/api/v1/metrics/aggregate", params={"metric": "cpu", "width": 60})
    assert answer.status_code == 200
    body = answer.json()
    assert body["devices"] == [3] * len(body["times"])
    assert set(body["avg"]) == {40.0}
    assert set(body["min"]) == {20.0}
    assert set(body["max"]) == {60.0}
    assert set(body["p95"]) == {58.0}
    answer = await client.get("/api/v1/metrics/aggregate", params={"metric": "cpu", "device": str(three[0])})
    assert set(answer.json()["p95"]) == {20.0}


async def test_a_grant_shows_its_own_device_only(client: httpx.AsyncClient, world: World, three: list[UUID]) -> None:
    guest = world.headers(world.someone(grants={May.READ: {three[1]}}))
    answer = await client.get("/api/v1/metrics/aggregate", params={"metric": "cpu"}, headers=guest)
    assert set(answer.json()["avg"]) == {40.0}
    params = {"metric": "cpu", "device": str(three[0])}
    assert (await client.get("/api/v1/metrics/aggregate", params=params, headers=guest)).status_code == 404
    assert (await client.get("/api/v1/metrics/export", headers=guest)).status_code == 403
    stranger = world.headers(world.rex)
    answer = await client.get("/api/v1/metrics/aggregate", params={"metric": "cpu"}, headers=stranger)
    assert answer.json()["times"] == []


async def test_csv_is_data_and_no_formula(client: httpx.AsyncClient, three: list[UUID]) -> None:
    answer = await client.get("/api/v1/metrics/export", params={"tier": "raw"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="metrics-raw-')
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 15
    assert {row["device"] for row in rows} == {"Seat 1", "'=cmd|' /C calc'!A0", "Büro 3"}
    assert {row["device_id"] for row in rows} == {str(each) for each in three}
    assert rows[0]["latency"] == "3.25"
    assert datetime.fromisoformat(rows[0]["time"]).tzinfo is not None


async def test_json_pages_join_into_one_list(
    client: httpx.AsyncClient, three: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_PAGE", 4)
    answer = await client.get("/api/v1/metrics/export", params={"tier": "raw", "format": "json"})
    rows = answer.json()
    assert len(rows) == 15
    assert len({(row["device_id"], row["time"]) for row in rows}) == 15
    assert {row["device_id"] for row in rows} == {str(each) for each in three}
    nothing = {"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z", "format": "json"}
    assert (await client.get("/api/v1/metrics/export", params=nothing)).json() == []


@pytest.mark.usefixtures("three")
async def test_an_export_is_bounded(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_ROWS", 10)
    answer = await client.get("/api/v1/metrics/export", params={"tier": "raw"})
    assert answer.status_code == 413
    assert answer.json()["code"] == "export_too_large"


@pytest.mark.usefixtures("three")
async def test_bad_ranges_are_named(client: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    for params, code in (
        ({"from": now.isoformat(), "to": (now - timedelta(hours=1)).isoformat()}, "range_backwards"),
        ({"from": "1990-01-01T00:00:00Z"}, "range_too_long"),
        ({"from": "yesterday"}, None),
        ({"from": "2026-01-01T00:00:00"}, None),
        ({"width": "100000"}, None),
        ({"device": "seat"}, None),
    ):
        answer = await client.get("/api/v1/metrics/aggregate", params={"metric": "cpu", **params})
        assert answer.status_code == 422
        if code:
            assert answer.json()["code"] == code
    assert (await client.get("/api/v1/metrics/aggregate", params={"metric": "rain"})).status_code == 422
