"""What is made again and again has an end: in batches, everywhere, whatever one table says."""

from datetime import timedelta

import pytest

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.housekeeping import jobs, lifetimes
from gamekeeper.kernel.housekeeping.jobs import sweep
from gamekeeper.kernel.housekeeping.lifetimes import every_lifetime, forget
from gamekeeper.kernel.jobs.registry import every_schedule
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tenancy.models import Team
from tests.world import World

DECLARED = {
    "auth_sessions",
    "certificates",
    "claim_tokens",
    "commands",
    "device_log_lines",
    "enrolment_requests",
    "events",
    "idempotency_keys",
    "jobs",
    "password_resets",
    "setup_links",
    "signin_failures",
    "system_jobs",
}


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is declared but by the test."""
    monkeypatch.setattr(lifetimes, "_lifetimes", [])
    monkeypatch.setattr(jobs, "_PAUSE_SECONDS", 0)


async def teams(ctx: Context, *names: str) -> None:
    for name in names:
        ctx.add(Team(organization_id=ctx.organization_id, name=name))
    await ctx.flush()


async def left(world: World) -> set[str]:
    async with world.context() as ctx:
        return {row["name"] for row in await (await ctx.raw()).fetch("SELECT name FROM teams")}


def test_what_grows_is_declared(runtime: Runtime) -> None:
    del runtime  # knows all modules
    assert {lifetime.table for lifetime in every_lifetime()} == DECLARED
    assert every_schedule()["kernel.housekeeping.forget_what_is_old"].expression == "23 * * * *"


async def test_every_statement_is_understood(runtime: Runtime) -> None:
    await sweep(runtime)


@pytest.mark.usefixtures("only")
async def test_more_than_one_batch_goes_and_what_is_young_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BATCH", 2)
    async with world.context() as ctx:
        await teams(ctx, *(f"old {number}" for number in range(5)), "young")
        await (await ctx.raw()).execute(
            "UPDATE teams SET created_at = now() - interval '3 days' WHERE name LIKE 'old%'"
        )
    forget("teams", "r.created_at < $1 AND r.name LIKE 'old%'", lambda _: timedelta(days=2))
    assert (await sweep(world.runtime))["teams"] == 5
    assert await left(world) == {"young"}


@pytest.mark.usefixtures("only")
async def test_a_table_that_refuses_stops_no_other(world: World) -> None:
    async with world.context() as ctx:
        await teams(ctx, "old")
    forget("teams", "r.name = 'old' AND r.created_at < $1 AND 1 / 0 = 1")
    forget("teams", "r.name = 'old' AND r.created_at < $1")
    with pytest.raises(ExceptionGroup) as refused:
        await sweep(world.runtime)
    assert "division by zero" in str(refused.value.exceptions[0])
    assert await left(world) == set()
