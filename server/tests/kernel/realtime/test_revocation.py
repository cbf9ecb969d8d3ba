"""Who is asked again first, and how often, when there are many sockets."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text
from structlog.testing import capture_logs

from gamekeeper.kernel.caller import Access, Authenticated, RequestFacts
from gamekeeper.kernel.errors import TooManyRequests, Unauthenticated
from gamekeeper.kernel.realtime.client import Client
from gamekeeper.kernel.realtime.frames import Close
from gamekeeper.kernel.realtime.hub import Hub
from gamekeeper.kernel.realtime.revocation import HINT, Revocation
from gamekeeper.kernel.runtime import Runtime
from tests.world import World


async def send(_message: dict[str, object]) -> None:
    await asyncio.Event().wait()


class Door:
    """An authenticator that lets nobody through before the test says so."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gone: set[str] = set()
        self.breaks: set[str] = set()
        self.answers: dict[str, Authenticated] = {}
        self.may_answer = asyncio.Semaphore(0)

    async def __call__(
        self,
        runtime: Runtime,
        credential: str,
        _organization_id: UUID | None,
        ip: str,
        count: Callable[[], object] | None = None,
        /,
    ) -> Authenticated:
        if count is None:
            await runtime.limits.spend_as_stranger(ip)
        self.asked.append(credential)
        if credential not in self.gone:
            await self.may_answer.acquire()
        if credential in self.gone:
            raise Unauthenticated
        if credential in self.breaks:
            raise TypeError
        return self.answers[credential]

    def open(self) -> None:
        for _ in range(10_000):
            self.may_answer.release()


class Floor:
    """A hub with sockets of people, and the loop that asks for them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.door = Door()
        self.hub = Hub(world.runtime)
        self.revocation = Revocation(self.hub, self.door)

    def socket(self, name: str, who: Authenticated | None = None, ip: str = "192.0.2.1") -> Client:
        client = Client(send, RequestFacts(ip=ip))
        client.credential = name
        client.who = self.door.answers.setdefault(name, who or self.world.someone())
        self.hub.join(client)
        return client

    def named(self, *clients: Client) -> None:
        self.world.runtime.hints.poke(HINT, *(str(client.who.actor.id) for client in clients))

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def floor(world: World) -> AsyncGenerator[Floor]:
    made = Floor(world)
    # Once other processes can be heard, everybody is asked for what was missed; that is another test's matter.
    await made.until(lambda: world.runtime.hints.connected)
    running = asyncio.create_task(made.revocation.run())
    await asyncio.sleep(0)
    yield made
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()


async def test_who_is_named_does_not_wait_for_a_sweep(world: World) -> None:
    async with floor(world) as here:
        row = [here.socket(f"person {number}") for number in range(50)]
        here.revocation._poked(frozenset())
        await here.until(lambda: here.door.asked)
        removed = row[-1]
        here.door.gone.add(removed.credential)
        here.named(removed)
        # Nobody else has got an answer yet.
        await here.until(lambda: removed.closing)
        assert removed.closing is not None
        assert removed.closing[0] == Close.REVOKED
        assert len(here.door.asked) < len(row) / 2
        here.door.open()
        await here.until(lambda: len(here.door.asked) >= len(row))
        assert set(Counter(here.door.asked).values()) == {1}, "nobody twice in one sweep"


async def test_who_is_named_goes_before_a_whole_organization(world: World) -> None:
    async with floor(world) as here:
        row = [here.socket(f"person {number}") for number in range(50)]
        world.runtime.hints.poke(HINT, str(world.lantern))
        await here.until(lambda: here.door.asked)
        here.named(row[-1])
        await here.until(lambda: row[-1].credential in here.door.asked)
        assert len(here.door.asked) < len(row) / 2


async def test_sockets_of_one_sign_in_are_one_question(world: World) -> None:
    async with floor(world) as here:
        tabs = [here.socket("Ada") for _ in range(20)]
        elsewhere = here.socket("Ada", ip="198.51.100.1")
        here.door.open()
        here.door.answers["Ada"] = replace(tabs[0].who, access=Access(until=datetime.max.replace(tzinfo=UTC)))
        here.named(tabs[0])
        await here.until(lambda: all(tab.who is here.door.answers["Ada"] for tab in (*tabs, elsewhere)))
        assert here.door.asked == ["Ada"] * 2, "once for each address"


async def test_a_hint_that_comes_while_its_question_is_asked_is_asked_for_after_it(world: World) -> None:
    async with floor(world) as here:
        client = here.socket("Ada")
        here.named(client)
        await here.until(lambda: here.door.asked == ["Ada"])
        here.named(client)
        await asyncio.sleep(0.05)
        assert here.door.asked == ["Ada"], "not twice at a time: an older answer could come last"
        here.door.may_answer.release()
        await here.until(lambda: here.door.asked == ["Ada"] * 2)


async def test_an_answer_about_an_older_token_means_nothing(world: World) -> None:
    async with floor(world) as here:
        client = here.socket("old")
        here.door.answers["new"] = client.who
        here.named(client)
        await here.until(lambda: here.door.asked == ["old"])
        client.credential = "new"
        here.door.gone.add("old")
        here.door.may_answer.release()
        await here.until(lambda: here.door.asked == ["old", "new"])
        here.door.open()
        assert client.closing is None


async def test_one_whose_question_breaks_is_closed_and_the_others_are_asked(world: World) -> None:
    async with floor(world) as here:
        broken, removed = here.socket("broken"), here.socket("removed")
        here.door.breaks.add("broken")
        here.door.open()
        here.named(broken)
        await here.until(lambda: broken.closing)
        assert broken.closing is not None
        assert broken.closing[0] == Close.BROKEN
        here.door.gone.add("removed")
        here.named(removed)
        await here.until(lambda: removed.closing)


async def test_being_asked_again_costs_the_address_nothing(world: World) -> None:
    ip = world.address
    while True:
        try:
            await world.runtime.limits.spend_as_stranger(ip)
        except TooManyRequests:
            break
    async with floor(world) as here:
        client = here.socket("screen", ip=ip)
        here.door.open()
        here.named(client)
        await here.until(lambda: here.door.asked == ["screen"])
        await asyncio.sleep(0.05)
        assert client.closing is None


async def test_a_lost_database_is_waited_for_and_a_broken_statement_is_not(world: World) -> None:
    async with floor(world) as here:
        waits, ends = here.socket("Ada"), here.socket("Rex")
        answer, asked = here.door.__call__, Counter[str]()

        async def door(runtime: Runtime, credential: str, *more: Any) -> Authenticated:
            asked[credential] += 1
            if credential == "Rex":
                async with runtime.database.sessions(info={"organization_id": None}) as session:
                    await session.execute(text("SELECT nothing FROM users"))
            if asked[credential] < 3:
                raise asyncpg.CannotConnectNowError("the database system is starting up")
            return await answer(runtime, credential, *more)

        here.revocation._authenticate = door
        here.door.open()
        with capture_logs() as lines:
            here.named(waits, ends)
            await here.until(lambda: ends.closing and here.door.asked)
        assert ends.closing == (Close.BROKEN, "Something broke on our side. Connect again.")
        assert (asked["Rex"], waits.closing) == (1, None)
        assert [line["log_level"] for line in lines if "its sockets are closed" in line["event"]] == ["error"]
