"""Storms: the same facts in any order, twice, at once and torn off in the middle; the books stay true."""

import asyncio
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gamekeeper.kernel.errors import Conflict
from gamekeeper.modules.venue.ledger.chart import TIME, Account, cash, credit
from gamekeeper.modules.venue.ledger.check import check
from gamekeeper.modules.venue.ledger.service import Posting, Transfer, post
from tests.world import World, make_world

ACCOUNTS = (cash(), cash("bar"), TIME, credit("guest"))
FACTS = st.tuples(st.integers(0, 7), st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), st.integers(1, 500)).filter(
    lambda fact: fact[1] != fact[2]
)
STEPS = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=25)


class Killed(Exception):
    """The process died before its commit."""


def transfer(world: World, fact: tuple[int, Account, Account, int]) -> Transfer:
    number, debit, other, amount = fact
    return Transfer(
        key=f"session:{number}:purchase:{amount}:{debit.name}:{other.name}",
        kind="storm",
        reason="",
        site_id=world.hall,
        currency="EUR",
        business_day=date(2026, 11, 21),
        postings=(Posting(debit, amount), Posting(other, -amount)),
    )


async def attempt(world: World, fact: tuple[int, Account, Account, int], *, is_killed: bool) -> None:
    with suppress(Killed, Conflict):
        async with world.context() as ctx:
            await post(ctx, transfer(world, fact))
            if is_killed:
                raise Killed


async def books(world: World) -> tuple[dict[str, int], int, int]:
    async with world.runtime.database.read(world.lantern) as connection:
        rows = await connection.fetch("SELECT name, balance FROM ledger_accounts")
        total = await connection.fetchval("SELECT coalesce(sum(amount), 0)::bigint FROM ledger_postings")
        transfers = await connection.fetchval("SELECT count(*) FROM ledger_transfers")
    return {row["name"]: row["balance"] for row in rows}, total, transfers


def expect_sound(balances: dict[str, int], total: int) -> None:
    assert total == 0
    assert sum(balances.values()) == 0
    assert all(balance >= 0 for name, balance in balances.items() if name.startswith("asset:"))
    assert all(balance <= 0 for name, balance in balances.items() if not name.startswith("asset:"))


@pytest.fixture
def fresh_worlds(world: World) -> World:
    """Only for its runtime: each example makes a world of its own."""
    return world


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.lists(FACTS, min_size=6, max_size=6), steps=STEPS)
async def test_retries_duplicates_and_kills_change_nothing(
    fresh_worlds: World, facts: list[tuple[int, Account, Account, int]], steps: list[tuple[int, bool]]
) -> None:
    world = await make_world(fresh_worlds.runtime)
    for number, is_killed in steps:
        await attempt(world, facts[number], is_killed=is_killed)
    balances, total, transfers = await books(world)
    expect_sound(balances, total)
    assert transfers <= len({transfer(world, facts[number]).key for number, is_killed in steps if not is_killed})
    differences = (await check(world.runtime.database)).differences
    assert [each for each in differences if each.organization_id == world.lantern] == []


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.lists(FACTS, min_size=6, max_size=6), steps=STEPS)
async def test_the_same_storm_all_at_once(
    fresh_worlds: World, facts: list[tuple[int, Account, Account, int]], steps: list[tuple[int, bool]]
) -> None:
    world = await make_world(fresh_worlds.runtime)
    await asyncio.gather(*(attempt(world, facts[number], is_killed=is_killed) for number, is_killed in steps))
    balances, total, _ = await books(world)
    expect_sound(balances, total)


async def test_a_hundred_sales_at_once_are_a_hundred_sales(world: World) -> None:
    facts = [(number, cash(), TIME, 450) for number in range(50)]
    await asyncio.gather(*(attempt(world, fact, is_killed=False) for fact in facts + facts))
    balances, total, transfers = await books(world)
    assert (balances["asset:cash:main"], total, transfers) == (50 * 450, 0, 50)
