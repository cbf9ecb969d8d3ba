"""`gamekeeper ledger check` says whether the money adds up, and where it does not."""

import base64
from datetime import date

import asyncpg

from gamekeeper.modules.venue.ledger.chart import TIME, cash
from gamekeeper.modules.venue.ledger.service import Posting, Transfer, post
from tests.commands.conftest import Run
from tests.conftest import MASTER_KEY
from tests.world import World


async def test_the_books_are_checked_and_a_difference_is_named(run: Run, world: World, owner_url: str) -> None:
    sale = Transfer(
        key="sale",
        kind="sale",
        reason="",
        site_id=world.hall,
        currency="EUR",
        business_day=date(2026, 11, 21),
        postings=(Posting(cash(), 450), Posting(TIME, -450)),
    )
    async with world.context() as ctx:
        await post(ctx, sale)
    variables = {"DATABASE_URL": owner_url, "GAMEKEEPER_MASTER_KEY": base64.b64encode(MASTER_KEY).decode()}
    sound = run("ledger", "check", **variables)
    assert (sound.returncode, "no difference" in sound.stdout) == (0, True), sound.stdout + sound.stderr
    owner = await asyncpg.connect(owner_url)
    tamper = "UPDATE ledger_accounts SET balance = balance + $1 WHERE name = 'asset:cash:main' AND organization_id = $2"
    await owner.execute("SELECT set_config('app.organization_id', $1, false)", str(world.lantern))
    await owner.execute(tamper, 50, world.lantern)
    try:
        broken = run("ledger", "check", **variables)
    finally:
        await owner.execute(tamper, -50, world.lantern)
        await owner.close()
    assert broken.returncode == 1
    assert "account asset:cash:main" in broken.stdout
    assert "500 written down, 450 from the postings, EUR" in broken.stdout
    assert "does not add up: 1 differences" in broken.stderr
