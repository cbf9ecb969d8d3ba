"""What a seat tells of its past: also of sessions that are over, whose events are the sessions'."""

from typing import Any
from uuid import uuid4

import httpx

from gamekeeper.kernel.access.permissions import May as KernelMay
from gamekeeper.modules.venue.permissions import May
from tests.modules.venue.seats import Seat, bare_seat
from tests.world import World


async def past(client: httpx.AsyncClient, seat: Seat, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"/api/v1/stations/{seat.id}/events", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_a_session_that_is_over_stays_in_the_history_of_its_seat(
    client: httpx.AsyncClient, world: World, seat: Seat
) -> None:
    other = await bare_seat(world)
    headers = {"idempotency-key": str(uuid4())}
    body = {"station_id": str(seat.id), "minutes": 60}
    session = (await client.post("/api/v1/sessions", json=body, headers=headers)).json()
    more = {"idempotency-key": str(uuid4())}
    await client.post(f"/api/v1/sessions/{session['id']}/extensions", json={"minutes": 30}, headers=more)
    await client.put(f"/api/v1/sessions/{session['id']}/end", headers={"idempotency-key": str(uuid4())})
    await client.put(f"/api/v1/stations/{seat.id}/outage", json={"reason": "Broken chair"})

    told = await past(client, seat)
    assert told[0]["data"]["changes"] == {"out_of_order": "Broken chair"}
    assert told[-1]["type"] == "station:added"
    types = [event["type"] for event in told]
    assert {"session:started", "session:extended", "session:ended", "payment:received"} <= set(types)
    assert types.index("session:ended") < types.index("session:extended") < types.index("session:started")
    assert {event["subject_id"] for event in told} == {str(seat.id), session["id"]}
    assert await past(client, seat, limit=2) == told[:2]
    assert [event["type"] for event in await past(client, other)] == ["station:added"]


async def test_who_may_not_read_the_log_or_see_the_seat_reads_no_history(
    client: httpx.AsyncClient, world: World, seat: Seat
) -> None:
    path = f"/api/v1/stations/{seat.id}/events"
    for who in (world.someone(May.VIEW), world.someone(KernelMay.AUDIT_READ)):
        assert (await client.get(path, headers=world.headers(who))).status_code == 403
    assert (await client.get(path, headers=world.headers(world.rex))).status_code == 404
