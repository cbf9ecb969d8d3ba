"""The ledger on a real database: what it posts, and what the database refuses whoever asks."""

from datetime import date
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.exc import IntegrityError

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.modules.venue.ledger.chart import TIME, Account, cash, credit
from gamekeeper.modules.venue.ledger.check import check
from gamekeeper.modules.venue.ledger.service import NotEnoughMoney, Posting, Transfer, TransferKeyReused, post
from tests.world import World

DAY = date(2026, 11, 21)
UNBALANCED = (asyncpg.CheckViolationError, IntegrityError)


def sale(world: World, amount: int, key: str = "sale:1") -> Transfer:
    return Transfer(
        key=key,
        kind="sale",
        reason="an hour",
        site_id=world.hall,
        currency="EUR",
        business_day=DAY,
        postings=(Posting(cash(), amount), Posting(TIME, -amount)),
    )


async def balances(world: World) -> dict[str, int]:
    async with world.runtime.database.read(world.lantern) as connection:
        rows = await connection.fetch("SELECT name, balance FROM ledger_accounts")
    return {row["name"]: row["balance"] for row in rows}


async def raw_transfer(ctx: Context, world: World, key: str) -> UUID:
    transfer_id = new_id()
    await (await ctx.raw()).execute(
        """INSERT INTO ledger_transfers (organization_id, id, site_id, key, kind, reason, business_day, actor_kind,
                                         actor_label, posted_at) VALUES ($1, $2, $3, $4, '', '', $5, '', '', now())""",
        world.lantern,
        transfer_id,
        world.hall,
        key,
        DAY,
    )
    return transfer_id


async def raw_posting(ctx: Context, world: World, transfer_id: UUID, account: str, amount: int) -> None:
    await (await ctx.raw()).execute(
        """INSERT INTO ledger_postings (organization_id, id, transfer_id, account_id, currency, amount)
           SELECT $1, $2, $3, id, 'EUR', $5 FROM ledger_accounts WHERE organization_id = $1 AND name = $4""",
        world.lantern,
        new_id(),
        transfer_id,
        account,
        amount,
    )


async def test_a_sale_moves_both_sides(world: World) -> None:
    async with world.context() as ctx:
        posted = await post(ctx, sale(world, 450))
    assert posted.fresh
    assert await balances(world) == {"asset:cash:main": 450, "revenue:time": -450}


async def test_the_same_fact_is_posted_once(world: World) -> None:
    async with world.context() as ctx:
        first = await post(ctx, sale(world, 450))
        again = await post(ctx, sale(world, 450))
    async with world.context() as ctx:
        later = await post(ctx, sale(world, 450))
    assert (again.id, again.fresh, later.id, later.fresh) == (first.id, False, first.id, False)
    assert (await balances(world))["asset:cash:main"] == 450


async def test_a_key_stands_for_its_amounts(world: World) -> None:
    async with world.context() as ctx:
        await post(ctx, sale(world, 450))
    with pytest.raises(TransferKeyReused):
        async with world.context() as ctx:
            await post(ctx, sale(world, 451))


async def test_a_guarded_account_never_goes_below_zero(world: World) -> None:
    async with world.context() as ctx:
        await post(ctx, sale(world, 450))
    with pytest.raises(NotEnoughMoney):
        async with world.context() as ctx:
            await post(ctx, sale(world, -451, "back"))
    async with world.context() as ctx:
        await post(ctx, sale(world, -450, "back"))
    assert await balances(world) == {"asset:cash:main": 0, "revenue:time": 0}


async def test_an_unguarded_account_may(world: World) -> None:
    over_short = Account("expense:over_short", guarded=False)
    postings = (Posting(over_short, -5), Posting(credit("x"), -5), Posting(cash(), 10))
    transfer = Transfer(
        key="k", kind="k", reason="", site_id=world.hall, currency="EUR", business_day=DAY, postings=postings
    )
    async with world.context() as ctx:
        await post(ctx, transfer)
    assert (await balances(world))["expense:over_short"] == -5


@pytest.mark.parametrize("amounts", [(), (450,), (450, -449), (1, 1)])
async def test_the_database_refuses_what_does_not_balance(world: World, amounts: tuple[int, ...]) -> None:
    async with world.context() as ctx:
        await post(ctx, sale(world, 450))
    with pytest.raises(UNBALANCED):
        async with world.context() as ctx:
            transfer_id = await raw_transfer(ctx, world, "raw")
            for amount, account in zip(amounts, ("asset:cash:main", "revenue:time"), strict=False):
                await raw_posting(ctx, world, transfer_id, account, amount)
    assert await balances(world) == {"asset:cash:main": 450, "revenue:time": -450}


async def test_an_early_check_does_not_open_a_gap(world: World) -> None:
    async with world.context() as ctx:
        await post(ctx, sale(world, 450))
    with pytest.raises(UNBALANCED):
        async with world.context() as ctx:
            transfer_id = await raw_transfer(ctx, world, "raw")
            await raw_posting(ctx, world, transfer_id, "asset:cash:main", 1)
            await raw_posting(ctx, world, transfer_id, "revenue:time", -1)
            await (await ctx.raw()).execute("SET CONSTRAINTS ALL IMMEDIATE")
            await (await ctx.raw()).execute("SET CONSTRAINTS ALL DEFERRED")
            await raw_posting(ctx, world, transfer_id, "asset:cash:main", 1)


async def test_nothing_joins_a_transfer_after_its_transaction(world: World) -> None:
    async with world.context() as ctx:
        posted = await post(ctx, sale(world, 450))
    with pytest.raises(asyncpg.RestrictViolationError):
        async with world.context() as ctx:
            await raw_posting(ctx, world, posted.id, "asset:cash:main", 1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_accounts SET balance = 0",
        "UPDATE ledger_postings SET amount = 1",
        "UPDATE ledger_transfers SET reason = ''",
        "DELETE FROM ledger_postings",
        "DELETE FROM ledger_transfers",
        "DELETE FROM ledger_accounts",
        "TRUNCATE ledger_postings",
        "INSERT INTO ledger_accounts (id, balance) VALUES (gen_random_uuid(), 1)",
        "INSERT INTO ledger_transfers (id, xid) VALUES (gen_random_uuid(), '9'::xid8)",
    ],
)
async def test_the_application_may_only_add(world: World, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with world.context() as ctx:
            await (await ctx.raw()).execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_postings SET amount = 1",
        "DELETE FROM ledger_transfers",
        "DELETE FROM ledger_accounts",
        "UPDATE ledger_accounts SET guarded = false",
    ],
)
async def test_not_even_the_owner_rewrites_it(world: World, owner_url: str, statement: str) -> None:
    async with world.context() as ctx:
        await post(ctx, sale(world, 450))
    owner = await asyncpg.connect(owner_url)
    try:
        with pytest.raises(asyncpg.RestrictViolationError):
            async with owner.transaction():
                await owner.execute("SELECT set_config('app.organization_id', $1, true)", str(world.lantern))
                await owner.execute(statement)
    finally:
        await owner.close()


async def test_another_tenant_sees_no_money(world: World) -> None:
    async with world.context() as ctx:
        await post(ctx, sale(world, 450))
    async with world.runtime.database.read(world.rival) as connection:
        assert await connection.fetchval("SELECT count(*) FROM ledger_postings") == 0


async def test_the_check_finds_a_balance_that_was_tampered_with(world: World, owner_url: str) -> None:
    async with world.context() as ctx:
        await post(ctx, sale(world, 450))
    checked = await check(world.runtime.database)
    assert checked.accounts >= 2
    assert [each for each in checked.differences if each.organization_id == world.lantern] == []
    owner = await asyncpg.connect(owner_url)
    tamper = "UPDATE ledger_accounts SET balance = balance + $2 WHERE organization_id = $1 AND name = 'asset:cash:main'"
    try:
        await owner.execute("SELECT set_config('app.organization_id', $1, false)", str(world.lantern))
        await owner.execute(tamper, world.lantern, 50)
        checked = await check(world.runtime.database)
        [found] = [each for each in checked.differences if each.organization_id == world.lantern]
        assert (found.kind, found.label, found.stored, found.recomputed) == ("account", "asset:cash:main", 500, 450)
        assert "500 written down, 450 from the postings" in str(found)
        await owner.execute(tamper, world.lantern, -50)
    finally:
        await owner.close()
