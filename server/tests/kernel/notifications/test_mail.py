"""Mail: through a real SMTP server on loopback, or visibly not sent."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from aiosmtplib import SMTPAuthenticationError, SMTPReadTimeoutError
from pydantic import SecretStr

from gamekeeper.kernel.errors import GamekeeperError
from gamekeeper.kernel.notifications.message import RecipientInvalid, composed, recipient_of
from gamekeeper.kernel.notifications.models import Mail
from gamekeeper.kernel.notifications.permissions import May
from gamekeeper.kernel.notifications.service import WITHDRAWN, mail, withdraw
from gamekeeper.kernel.notifications.smtp import MailServer, MailServerMisnamed, reason
from gamekeeper.kernel.runtime import Runtime
from tests.kernel.jobs.watching import until, working
from tests.kernel.notifications.mailbox import Mailbox
from tests.world import World, key


async def state(world: World) -> list[str]:
    async with world.context() as ctx:
        rows = await (await ctx.raw()).fetch("SELECT status FROM mails ORDER BY id")
    return [row["status"] for row in rows]


async def become(world: World, status: str) -> None:
    async def it_is() -> bool:
        return await state(world) == [status]

    await until(it_is)


async def test_a_mail_is_sent_after_the_commit_and_its_text_forgotten(
    runtime: Runtime, world: World, mailbox: Mailbox
) -> None:
    async with working(runtime):
        async with world.context() as ctx:
            await mail(
                ctx, "first@example.org", "You are\r\nBcc: eve@example.org\r\ninvited", "Hello Bö", "<p>Hello Bö</p>"
            )
            await asyncio.sleep(0.3)
            assert mailbox.to("first@example.org") == []
        await become(world, "sent")
    [sent] = mailbox.to("first@example.org")
    assert sent["subject"] == "You are Bcc: eve@example.org invited"
    assert (sent["to"], sent["bcc"], sent["from"]) == ("first@example.org", None, "Gamekeeper <gamekeeper@localhost>")
    plain = sent.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().strip() == "Hello Bö"
    assert sent.get_body(("html",)) is not None
    async with world.context() as ctx:
        assert await (await ctx.raw()).fetchval("SELECT count(*) FROM secrets") == 0


async def test_without_a_mail_server_it_stays_visible(
    client: httpx.AsyncClient, runtime: Runtime, world: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = runtime.settings.smtp_url
    monkeypatch.setattr(runtime.settings, "smtp_url", None)
    assert (await client.get("/api/v1/mails/server")).json()["configured"] is False
    async with working(runtime):
        async with world.context() as ctx:
            await mail(ctx, "second@example.org", "Hi", "Hello")
        await become(world, "not_configured")
        [row] = (await client.get("/api/v1/mails")).json()["items"]
        assert (row["can_be_sent_again"], row["recipient"]) == (True, "second@example.org")
        assert "GAMEKEEPER_SMTP_URL" in row["error"]
        monkeypatch.setattr(runtime.settings, "smtp_url", url)
        assert (await client.put(f"/api/v1/mails/{row['id']}/delivery", headers=key())).status_code == 200
        await become(world, "sent")
    assert len(mailbox.to("second@example.org")) == 1
    assert (await client.put(f"/api/v1/mails/{row['id']}/delivery", headers=key())).json()[
        "code"
    ] == "mail_not_sendable"


async def test_a_refused_recipient_fails_at_once(
    client: httpx.AsyncClient, runtime: Runtime, world: World, mailbox: Mailbox
) -> None:
    async with working(runtime):
        async with world.context() as ctx:
            await mail(ctx, "nobody@example.org", "Hi", "Hello")
        await become(world, "failed")
    [row] = (await client.get("/api/v1/mails", params={"status": ["failed", "sent"], "q": "NOBODY@"})).json()["items"]
    assert row["error"] == "The mail server does not take mail for this address: 550 no such user"
    assert (row["attempts"], row["can_be_sent_again"]) == (1, True)
    assert (await client.get("/api/v1/mails", params={"q": "%"})).json()["items"] == []
    counts = (await client.get("/api/v1/mails/counts")).json()
    assert counts == {"waiting": 0, "sent": 0, "failed": 1, "not_configured": 0}
    assert mailbox.to("nobody@example.org") == []
    async with world.context() as ctx:
        assert await (await ctx.raw()).fetchval("SELECT count(*) FROM events WHERE type = 'mail:failed'") == 1


async def test_a_busy_server_is_asked_again(runtime: Runtime, world: World, mailbox: Mailbox) -> None:
    mailbox.answer = "451 try later"

    async def tried() -> bool:
        async with world.context() as ctx:
            why = await (await ctx.raw()).fetchval("SELECT error FROM mails WHERE attempts = 1")
            return bool(why == "The mail server refused the mail: 451 try later")

    async with working(runtime):
        async with world.context() as ctx:
            await mail(ctx, "bo@example.org", "Hi", "Hello")
        await until(tried)
        assert await state(world) == ["waiting"]
        mailbox.answer = "250 OK"
        await become(world, "sent")
    async with world.context() as ctx:
        told = await (await ctx.raw()).fetch("SELECT type, audited FROM events WHERE type LIKE 'mail:%' ORDER BY id")
    # An open page hears every step; the audit log is not filled with what went well.
    assert [tuple(row) for row in told] == [("mail:queued", False), ("mail:delayed", False), ("mail:sent", False)]


async def test_a_mail_server_that_is_not_there_is_named(
    client: httpx.AsyncClient, runtime: Runtime, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = MailServer.named("smtp://[::1]:1")
    assert "no connection to [::1]:1" in reason(ConnectionRefusedError("refused"), server)
    assert "did not answer within 30 seconds" in reason(SMTPReadTimeoutError("slow"), server)
    assert "user name or the password: 535 no" in reason(SMTPAuthenticationError(535, "no"), server)
    url = SecretStr("smtps://bo:secret@mail.example.org")
    monkeypatch.setattr(runtime.settings, "smtp_url", url)
    told = (await client.get("/api/v1/mails/server")).json()
    assert (told["configured"], told["address"], told["tls"]) == (True, "mail.example.org:465", True)
    monkeypatch.setattr(runtime.settings, "smtp_url", SecretStr("mail.example.org"))
    told = (await client.get("/api/v1/mails/server")).json()
    assert (told["configured"], told["address"]) == (False, None)
    assert "GAMEKEEPER_SMTP_URL" in told["problem"]
    async with working(runtime):
        async with world.context() as ctx:
            await mail(ctx, "third@example.org", "Hi", "Hello")
        await become(world, "not_configured")


async def test_the_text_is_sealed_while_it_waits(world: World) -> None:
    async with world.context() as ctx:
        await mail(ctx, "bo@example.org", "Hi", "the-secret-link")
        connection = await ctx.raw()
        for table in ("mails", "secrets", "jobs"):
            rows = await connection.fetch(f"SELECT t::text AS row FROM {table} t")
            assert "the-secret-link" not in str([row["row"] for row in rows])


async def test_another_organization_sees_no_mail(client: httpx.AsyncClient, world: World) -> None:
    async with world.context() as ctx:
        mail_id = await mail(ctx, "bo@example.org", "Hi", "Hello")
    rex = world.headers(world.rex)
    assert (await client.get("/api/v1/mails", headers=rex)).json()["items"] == []
    assert (await client.put(f"/api/v1/mails/{mail_id}/delivery", headers=rex | key())).status_code == 404
    reader = world.headers(world.someone(May.READ))
    assert (await client.put(f"/api/v1/mails/{mail_id}/delivery", headers=reader | key())).status_code == 403


@pytest.mark.parametrize(
    "text",
    ["", "bo", "a@b, c@d", "Bo <bo@example.org>", "bo@example.org\r\nBcc: eve@example.org", "bo@", "@b", "a b@c.d"],
)
def test_only_one_plain_address_is_a_recipient(text: str) -> None:
    with pytest.raises(RecipientInvalid):
        recipient_of(text)


@pytest.mark.parametrize("url", ["", "mail.example.org", "http://x", "smtp://", "smtp://h:port"])
def test_a_wrong_server_is_named(url: str) -> None:
    with pytest.raises(MailServerMisnamed):
        MailServer.named(url)


def test_servers() -> None:
    assert MailServer.named("smtps://u%40x:p%2Fw@mail.example.org") == MailServer(
        "mail.example.org", 465, "u@x", "p/w", tls=True
    )
    assert MailServer.named("smtp://mail.example.org").port == 25
    assert issubclass(MailServerMisnamed, GamekeeperError)


def test_a_copy_can_be_told_to_be_one(world: World) -> None:
    row = Mail(organization_id=world.lantern, recipient="bo@example.org", subject="Hi", body_id=None)
    now = datetime(2026, 11, 21, tzinfo=UTC)
    copies = [composed(row.id, "G <g@example.org>", row.recipient, "Hi", ("x", None), now) for _ in range(2)]
    assert copies[0]["message-id"] == copies[1]["message-id"] == f"<{row.id}@example.org>"


async def test_what_holds_no_longer_is_withdrawn_also_while_it_waits(
    runtime: Runtime, world: World, mailbox: Mailbox
) -> None:
    mailbox.answer = "451 try later"
    async with working(runtime):
        async with world.context() as ctx:
            written = await mail(ctx, "first@example.org", "An invitation", "a link")

        async def was_tried() -> bool:
            async with world.context() as ctx:
                return (await ctx.session.get_one(Mail, (world.lantern, written))).error is not None

        await until(was_tried)
        async with world.context() as ctx:
            await withdraw(ctx, written)
            await withdraw(ctx, written)
        mailbox.answer = "250 OK"
        async with world.context() as ctx:
            await mail(ctx, "first@example.org", "A later one", "hello")

        async def has_come() -> bool:
            return bool(mailbox.to("first@example.org"))

        await until(has_come)
    assert [sent["subject"] for sent in mailbox.to("first@example.org")] == ["A later one"]
    async with world.context() as ctx:
        row = await ctx.session.get_one(Mail, (world.lantern, written))
        assert (row.status, row.error, row.body_id) == ("failed", WITHDRAWN, None)
        assert not row.can_be_sent_again(ctx.now)
