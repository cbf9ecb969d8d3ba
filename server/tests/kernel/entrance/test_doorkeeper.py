"""From a credential to a caller: fast, and never long after the truth."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import pytest
from sqlalchemy import delete

from gamekeeper.kernel.database.pools import Database
from gamekeeper.kernel.entrance import doorkeeper
from gamekeeper.kernel.entrance.doorkeeper import ApiTokenInvalid, SignedOut, authenticate
from gamekeeper.kernel.errors import TooManyRequests
from gamekeeper.kernel.identity.sessions import service as sessions
from gamekeeper.kernel.identity.sessions.models import End
from gamekeeper.kernel.membership.members.service import change
from gamekeeper.kernel.membership.models import Member
from gamekeeper.kernel.membership.tokens.text import PREFIX, new_text
from gamekeeper.kernel.runtime import Runtime, open_runtime
from gamekeeper.kernel.settings import Settings
from tests.conftest import MASTER_KEY
from tests.people import People


@pytest.fixture
async def other_node(database_url: str, settings: Settings) -> AsyncGenerator[Runtime]:
    """A second process on the same database."""
    async with open_runtime(settings, database_url, MASTER_KEY) as opened:
        while not opened.hints.connected:
            await asyncio.sleep(0.01)
        yield opened


class Counted:
    """Counts the read transactions in an organization. The sockets' reader of the whole log, in none, is not meant."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reads = 0
        real = Database.read

        def read(database: Database, *given: object) -> object:
            self.reads += given != (None,)
            return real(database, *given)  # pyright: ignore[reportArgumentType]

        monkeypatch.setattr(Database, "read", read)


async def test_a_thousand_requests_read_once(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorkeeper, "KEPT_SECONDS", 60)
    await people.as_caller(people.ada, people.lantern)
    counted = Counted(monkeypatch)
    for _ in range(1000):
        await people.as_caller(people.ada, people.lantern)
    assert counted.reads == 0


async def test_many_at_once_share_one_reading(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)
    answers = await asyncio.gather(*(people.as_caller(people.ada, people.lantern) for _ in range(100)))
    assert len({id(answer) for answer in answers}) == 1
    assert counted.reads == 1


async def test_an_answer_is_not_kept_for_a_second(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the case that no hint arrives: what is kept runs out by itself."""
    assert doorkeeper.KEPT_SECONDS < 1
    monkeypatch.setattr(doorkeeper, "KEPT_SECONDS", 0)
    await people.as_caller(people.ada, people.lantern)
    counted = Counted(monkeypatch)
    await people.as_caller(people.ada, people.lantern)
    assert counted.reads == 1


async def test_revoking_is_felt_at_once_in_this_process(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorkeeper, "KEPT_SECONDS", 60)
    await people.as_caller(people.ada)
    async with people.runtime.as_system(None) as ctx:
        await sessions.end(ctx, people.ada.id, people.ada.session_id, End.REVOKED)
    with pytest.raises(SignedOut):
        await people.as_caller(people.ada)


async def test_revoking_is_felt_in_another_process(
    people: People, other_node: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorkeeper, "KEPT_SECONDS", 60)
    heard = asyncio.Event()
    await authenticate(other_node, people.ada.token, None, "")
    other_node.hints.listen("access", lambda _keys: heard.set())
    async with people.runtime.as_system(None) as ctx:
        await sessions.end(ctx, people.ada.id, people.ada.session_id, End.REVOKED)
    async with asyncio.timeout(30):
        await heard.wait()
    with pytest.raises(SignedOut):
        await authenticate(other_node, people.ada.token, None, "")


async def test_what_is_being_read_while_something_changes_is_not_kept(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorkeeper, "KEPT_SECONDS", 60)
    bea = await people.person("Bea", "manager")
    ada = await people.as_caller(people.ada, people.lantern)
    real = doorkeeper.standing_of
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slow(*given: object) -> object:
        standing = await real(*given)  # pyright: ignore[reportArgumentType]
        reached.set()
        await go_on.wait()
        return standing

    monkeypatch.setattr(doorkeeper, "standing_of", slow)
    early = asyncio.create_task(people.as_caller(bea, people.lantern))
    await reached.wait()
    async with people.runtime.context(ada) as ctx:
        await change(ctx, bea.id, ["viewer"], None)
    monkeypatch.setattr(doorkeeper, "standing_of", real)
    late = await people.as_caller(bea, people.lantern)
    go_on.set()
    assert "kernel.member.invite" in (await early).access.permissions, "it began before the change"
    assert "kernel.member.invite" not in late.access.permissions
    assert "kernel.member.invite" not in (await people.as_caller(bea, people.lantern)).access.permissions


async def test_a_caller_who_goes_away_does_not_take_the_answer_from_others(people: People) -> None:
    tasks = [asyncio.create_task(people.as_caller(people.ada, people.lantern)) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert all(getattr(answer, "organization_id", None) == people.lantern for answer in answers[1:])


async def test_a_member_who_is_gone_keeps_the_account_and_loses_the_place(people: People) -> None:
    bea = await people.person("Bea", "staff")
    async with people.runtime.as_system(people.lantern) as ctx:
        await ctx.session.execute(delete(Member).where(Member.user_id == bea.id))
    who = await people.as_caller(bea, people.lantern)
    assert (who.organization_id, who.access.permissions) == (None, frozenset())


async def test_made_up_api_tokens_are_counted_before_anything_is_looked_up(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with people.browser(people.ada) as ada:
        body = {"name": "Script", "permissions": ["kernel.site.read"]}
        genuine = (await ada.post("/api/v1/tokens", json=body)).json()["token"]
    async with people.browser() as script:

        async def ask(token: str) -> int:
            return (await script.get("/api/v1/sites", headers={"authorization": f"Bearer {token}"})).status_code

        assert await ask(genuine) == 200
        counted = Counted(monkeypatch)
        answers = [await ask(new_text(PREFIX, people.lantern)) for _ in range(130)]
        assert answers[:99] == [401] * 99
        assert answers[-1] == 429
        assert counted.reads == answers.count(401)
        # Whoever has been known here does not suffer from the neighbors, whom all share an address.
        monkeypatch.setattr(doorkeeper, "KEPT_SECONDS", 0)
        assert await ask(genuine) == 200


async def test_a_socket_counts_made_up_api_tokens_as_well(people: People) -> None:
    async def ask() -> None:
        await authenticate(people.runtime, new_text(PREFIX, people.lantern), None, people.address)

    with pytest.raises(TooManyRequests) as refused:
        for _ in range(130):
            with suppress(ApiTokenInvalid):
                await ask()
    assert refused.value.details["retry_after"] == 1
