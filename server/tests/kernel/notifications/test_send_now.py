"""A mail that waits for its next try is sent now: through a real SMTP server, and never twice."""

import asyncio
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from gamekeeper.kernel.jobs.models import JobRow
from gamekeeper.kernel.notifications.models import Mail
from gamekeeper.kernel.notifications.permissions import May
from gamekeeper.kernel.notifications.service import mail
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.worker import run
from tests.kernel.jobs.watching import until, working
from tests.kernel.notifications.mailbox import Mailbox
from tests.world import World, key

TO = "later@example.org"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next try is an hour away: what arrives within a test was sent by hand."""

    def an_hour(_attempt: int) -> float:
        return 3600.0

    monkeypatch.setattr(run, "backoff", an_hour)


async def jobs_of(world: World) -> list[tuple[str, int]]:
    async with world.context() as ctx:
        rows = await ctx.session.execute(select(JobRow.status, JobRow.attempts).order_by(JobRow.id))
        return [(row.status, row.attempts) for row in rows]


async def delayed(world: World) -> UUID:
    """A mail of which one try has failed."""
    async with world.context() as ctx:
        mail_id = await mail(ctx, TO, "Hi", "Hello")

    async def it_is() -> bool:
        return await jobs_of(world) == [("queued", 1)]

    await until(it_is)
    return mail_id


async def is_sent(world: World, mail_id: UUID) -> bool:
    async with world.context() as ctx:
        return (await ctx.session.get_one(Mail, (world.lantern, mail_id))).status == "sent"


async def test_a_mail_that_waits_is_sent_now_once(
    client: httpx.AsyncClient, runtime: Runtime, world: World, mailbox: Mailbox
) -> None:
    mailbox.answer = "451 try later"
    async with working(runtime):
        mail_id = await delayed(world)
        [row] = (await client.get("/api/v1/mails")).json()["items"]
        assert (row["status"], row["attempts"], row["can_be_sent_again"]) == ("waiting", 1, True)
        mailbox.answer = "250 OK"
        pressed = key()
        told = [(await client.put(f"/api/v1/mails/{mail_id}/delivery", headers=pressed)).json() for _ in range(2)]
        assert told[0] == told[1]
        assert (told[0]["status"], told[0]["error"], told[0]["can_be_sent_again"]) == ("waiting", None, False)
        await until(lambda: is_sent(world, mail_id))
    assert len(mailbox.to(TO)) == 1
    # The try that waited is gone, not merely early: nothing is left that could send it again.
    assert await jobs_of(world) == [("done", 1)]
    async with world.context() as ctx:
        said = await (await ctx.raw()).fetch(
            "SELECT type, actor_label FROM events WHERE type LIKE 'mail:%' AND audited ORDER BY id"
        )
    assert [tuple(event) for event in said] == [("mail:retried", "Ada")]


async def test_it_may_fail_again_and_waits_again(
    client: httpx.AsyncClient, runtime: Runtime, world: World, mailbox: Mailbox
) -> None:
    mailbox.answer = "451 try later"
    async with working(runtime):
        mail_id = await delayed(world)
        for tries in (2, 3):
            answer = await client.put(f"/api/v1/mails/{mail_id}/delivery", headers=key())
            assert answer.status_code == 200

            async def has_failed(tries: int = tries) -> bool:
                [row] = (await client.get("/api/v1/mails")).json()["items"]
                return bool(row["attempts"] == tries and row["error"])

            await until(has_failed)

            async def waits() -> bool:
                return await jobs_of(world) == [("queued", 1)]

            await until(waits)


async def test_no_second_try_beside_one_that_runs(
    client: httpx.AsyncClient, runtime: Runtime, world: World, mailbox: Mailbox
) -> None:
    mailbox.answer = "451 try later"
    async with working(runtime):
        mail_id = await delayed(world)
        mailbox.answer = "250 OK"
        mailbox.gate = asyncio.Event()
        asked = mailbox.asked

        async def it_runs() -> bool:
            # As the clock would: its own next try is due. The queue may still be about to hear when that is.
            async with world.context() as ctx:
                await (await ctx.raw()).execute("UPDATE jobs SET run_at = now() WHERE status = 'queued'")
                await (await ctx.raw()).execute("UPDATE pgqueuer SET execute_after = now() WHERE status = 'queued'")
            return asked.is_set()

        await until(it_runs)
        refused = await client.put(f"/api/v1/mails/{mail_id}/delivery", headers=key())
        assert (refused.status_code, refused.json()["code"]) == (409, "mail_not_sendable")
        mailbox.gate.set()
        await until(lambda: is_sent(world, mail_id))
    assert len(mailbox.to(TO)) == 1
    assert await jobs_of(world) == [("done", 2)]


async def test_two_who_press_at_once_send_one(
    client: httpx.AsyncClient, runtime: Runtime, world: World, mailbox: Mailbox
) -> None:
    mailbox.answer = "451 try later"
    async with working(runtime):
        mail_id = await delayed(world)
        mailbox.answer = "250 OK"
        presses = [client.put(f"/api/v1/mails/{mail_id}/delivery", headers=key()) for _ in range(4)]
        codes = sorted([answer.status_code for answer in await asyncio.gather(*presses)])
        assert codes == [200, 409, 409, 409]
        await until(lambda: is_sent(world, mail_id))
    assert len(mailbox.to(TO)) == 1


async def test_one_that_its_job_let_down_is_sent_now_once_it_is_overdue(
    client: httpx.AsyncClient, runtime: Runtime, world: World, mailbox: Mailbox
) -> None:
    """As after a defect, or a worker that was killed at every try: the job is over, and no error was recorded."""
    async with world.context() as ctx:
        mail_id = await mail(ctx, TO, "Hi", "Hello")
    async with world.context() as ctx:
        await (await ctx.raw()).execute("DELETE FROM pgqueuer")
        await (await ctx.raw()).execute("UPDATE jobs SET status = 'failed', attempts = 8")
    early = await client.put(f"/api/v1/mails/{mail_id}/delivery", headers=key())
    assert (early.status_code, early.json()["code"]) == (409, "mail_not_sendable")
    async with world.context() as ctx:
        await (await ctx.raw()).execute("UPDATE mails SET created_at = created_at - interval '11 minutes'")
    [row] = (await client.get("/api/v1/mails")).json()["items"]
    assert (row["status"], row["error"], row["can_be_sent_again"]) == ("waiting", None, True)
    async with working(runtime):
        assert (await client.put(f"/api/v1/mails/{mail_id}/delivery", headers=key())).status_code == 200
        await until(lambda: is_sent(world, mail_id))
    assert len(mailbox.to(TO)) == 1


async def test_who_may_only_read_may_not_send_now(
    client: httpx.AsyncClient, runtime: Runtime, world: World, mailbox: Mailbox
) -> None:
    mailbox.answer = "451 try later"
    async with working(runtime):
        mail_id = await delayed(world)
    reader = world.headers(world.someone(May.READ))
    assert (await client.put(f"/api/v1/mails/{mail_id}/delivery", headers=reader | key())).status_code == 403
    assert (await client.put(f"/api/v1/mails/{mail_id}/delivery")).json()["code"] == "idempotency_key_missing"
    assert await jobs_of(world) == [("queued", 1)]
