"""The job page: what its organization's jobs do, and nobody else's."""

import httpx

from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.worker.permissions import May
from tests.kernel.jobs import workshop
from tests.kernel.jobs.watching import ended, working
from tests.world import World


async def test_jobs_are_listed_by_state_and_page(client: httpx.AsyncClient, runtime: Runtime, world: World) -> None:
    async with world.context() as ctx:
        ids = [str(await workshop.mark.later(ctx, name=f"n {n}")) for n in range(3)]
        failing = await workshop.fail.later(ctx, name="x")
    first = (await client.get("/api/v1/jobs", params={"limit": 2})).json()
    second = (await client.get("/api/v1/jobs", params={"limit": 2, "after": first["next"]})).json()
    assert [job["id"] for job in first["items"] + second["items"]] == [str(failing), *reversed(ids)]
    assert second["next"] is None
    async with working(runtime):
        await ended(world, failing)
    [job] = (await client.get("/api/v1/jobs", params={"status": "failed"})).json()["items"]
    assert (job["title"], job["error"]) == (
        "Leave a mark and break, so that the mark must vanish",
        "RuntimeError: this never works",
    )
    overview = (await client.get("/api/v1/jobs/overview")).json()
    assert overview["failed"] == 1
    assert "Remove what has been kept long enough" in [periodic["title"] for periodic in overview["periodic"]]


async def test_another_organization_sees_nothing(client: httpx.AsyncClient, world: World) -> None:
    async with world.context() as ctx:
        job_id = await workshop.mark.later(ctx, name="ours")
    rex = world.headers(world.rex)
    assert (await client.get("/api/v1/jobs", headers=rex)).json()["items"] == []
    assert (await client.put(f"/api/v1/jobs/{job_id}/retry", headers=rex)).status_code == 404
    assert (await client.get("/api/v1/jobs/overview", headers=rex)).json()["queued"] == 0


async def test_permissions(client: httpx.AsyncClient, world: World) -> None:
    nobody, reader = world.headers(world.someone()), world.headers(world.someone(May.READ))
    for path in ("/api/v1/jobs", "/api/v1/jobs/overview"):
        assert (await client.get(path, headers=nobody)).status_code == 403
        assert (await client.get(path, headers=reader)).status_code == 200
    assert (await client.put(f"/api/v1/jobs/{new_id()}/retry", headers=reader)).status_code == 403


async def test_a_failed_job_can_be_tried_again(client: httpx.AsyncClient, runtime: Runtime, world: World) -> None:
    workshop.broken.add("lamp")
    async with working(runtime):
        async with world.context() as ctx:
            job_id = await workshop.fail_while_broken.later(ctx, name="lamp")
        await ended(world, job_id)
        workshop.broken.discard("lamp")
        answer = await client.put(f"/api/v1/jobs/{job_id}/retry")
        assert (answer.status_code, answer.json()["status"]) == (200, "queued")
        assert (await ended(world, job_id)).status == "done"
    assert (await client.put(f"/api/v1/jobs/{job_id}/retry")).json()["code"] == "job_not_failed"
    told = (await client.get("/api/v1/events", params={"subject": str(job_id)})).json()["items"]
    assert {event["type"] for event in told} == {"job:failed", "job:retried"}
    assert {event["subject_label"] for event in told} == {"Work again once it is repaired"}
    assert {event["data"]["name"] for event in told} == {"tests.kernel.workshop.fail_while_broken"}


async def test_a_malformed_page_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/jobs", params={"after": "WyJub3QgYW4gaWQiXQ"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_cursor")
