"""A forgotten password, at the door and from the command line."""

import asyncio
import json
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from gamekeeper.kernel.errors import NotFound
from gamekeeper.kernel.identity.reset.service import reset_link, send_link
from gamekeeper.kernel.identity.users import service as users
from gamekeeper.kernel.identity.users.models import PasswordReset
from gamekeeper.kernel.notifications.models import Mail
from gamekeeper.kernel.secrets import open_secret
from tests.people import PASSWORD, People, events
from tests.world import WAITING

NEW = "brass kite over moss"
PATH = "/api/v1/auth/password-reset"


async def token_of(people: People, email: str) -> str:
    link = await reset_link(people.runtime, email)
    assert link.startswith("http://127.0.0.1:8470/password#gkp_")
    return link.partition("#")[2]


async def mails(people: People) -> list[str]:
    """The texts of the mails that wait to be sent."""
    async with people.runtime.as_system(people.lantern) as ctx:
        rows = await ctx.scalars(select(Mail).order_by(Mail.id))
        return [json.loads(await open_secret(ctx, row.body_id, "mail"))[0] for row in rows]


async def test_a_link_sets_a_new_password_once_and_ends_every_sign_in(people: People) -> None:
    token = await token_of(people, people.ada.email.upper())
    async with people.browser(people.ada) as browser, people.browser() as page:
        weak = await page.put(PATH, json={"token": token, "password": "password123"})
        assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
        assert (await page.put(PATH, json={"token": token, "password": NEW})).status_code == 204
        assert (await browser.get("/api/v1/me")).json()["code"] == "signed_out"
        again = await page.put(PATH, json={"token": token, "password": NEW})
        assert (again.status_code, again.json()["code"]) == (410, "reset_link_invalid")
        login = {"email": people.ada.email, "password": PASSWORD}
        assert (await page.post("/api/v1/auth/login", json=login)).status_code == 401
        assert (await page.post("/api/v1/auth/login", json={**login, "password": NEW})).status_code == 200
    async with people.runtime.as_system(None) as ctx:
        changed = await events(ctx, people.lantern, "user:password-changed")
    assert [row["actor_id"] for row in changed] == [people.ada.id]


async def test_who_changes_the_password_ends_the_links(people: People) -> None:
    token = await token_of(people, people.ada.email)
    async with people.browser(people.ada) as browser, people.browser() as page:
        changed = await browser.put("/api/v1/me/password", json={"current": PASSWORD, "new": NEW})
        assert changed.status_code == 204
        late = await page.put(PATH, json={"token": token, "password": "other four words here"})
        assert (late.status_code, late.json()["code"]) == (410, "reset_link_invalid")


async def test_a_link_and_a_change_of_the_password_at_the_same_moment_end_both(people: People) -> None:
    token = await token_of(people, people.ada.email)
    async with people.runtime.as_system(None) as ctx:
        ada = await users.load(ctx, people.ada.id, lock=True)
        async with people.browser() as page:
            late = asyncio.create_task(page.put(PATH, json={"token": token, "password": NEW}))
            while not await ctx.session.scalar(WAITING):
                await asyncio.sleep(0.02)
            await users.set_password(ctx, ada, "another hash")
            await ctx.session.commit()
            assert (await late).json()["code"] == "reset_link_invalid"


async def test_old_expired_and_invented_links_are_gone(people: People) -> None:
    old = await token_of(people, people.ada.email)
    new = await token_of(people, people.ada.email)
    async with people.browser() as page:
        for token in (old, "gkp_invented", "", "\N{SNOWMAN}"):
            assert (await page.put(PATH, json={"token": token, "password": NEW})).status_code == 410
        async with people.runtime.as_system(None) as ctx:
            earlier = PasswordReset.expires_at - timedelta(hours=2)
            statement = update(PasswordReset).where(PasswordReset.user_id == people.ada.id).values(expires_at=earlier)
            await ctx.session.execute(statement.execution_options(synchronize_session=False))
        assert (await page.put(PATH, json={"token": new, "password": NEW})).status_code == 410
    with pytest.raises(NotFound):
        await reset_link(people.runtime, "nobody@example.com")


async def test_without_a_mail_server_it_says_so(people: People) -> None:
    async with people.browser() as page:
        answer = await page.post(PATH, json={"email": people.ada.email})
    assert (answer.status_code, answer.json()["code"]) == (503, "mail_not_configured")


async def test_the_answer_is_the_same_whether_or_not_there_is_an_account(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = people.runtime.settings.model_copy(update={"smtp_url": SecretStr("smtp://mail.example")})
    monkeypatch.setattr(people.runtime, "settings", configured)
    async with people.browser() as page:
        answers = [await page.post(PATH, json={"email": email}) for email in (people.ada.email, "nobody@example.com")]
    assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"null"), (202, b"null")]
    assert await mails(people) == [], "both are a job for later"


async def test_the_job_mails_the_person_now_and_then_and_nobody_else(people: People) -> None:
    zoe = await people.person("Zoe")
    async with people.runtime.as_system(None) as ctx:
        for email in (people.ada.email, people.ada.email, zoe.email, "nobody@example.com"):
            await send_link(ctx, email)
    (letter,) = await mails(people)
    token = next(line for line in letter.splitlines() if "#" in line).partition("#")[2]
    async with people.browser() as page:
        assert (await page.put(PATH, json={"token": token, "password": NEW})).status_code == 204
