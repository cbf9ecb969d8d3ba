"""The log has an end: live facts after a while, audited ones only when somebody says so, nothing unread."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from gamekeeper.kernel.events.log import Cursor
from gamekeeper.kernel.events.queries import Filter, first_id, search
from gamekeeper.kernel.housekeeping.jobs import sweep
from gamekeeper.kernel.realtime.replay import SnapshotNeeded, bookmark, missed
from gamekeeper.kernel.runtime import Runtime
from tests.world import World

_WRITE = """
INSERT INTO events (organization_id, id, type, audited, subject_id, subject_label, actor_kind, actor_label,
                    request_id, ip, data, created_at)
VALUES ($1, $2, 'lamp:lit', $3, $2, '', 'system', '', '', '', '{}', $4) RETURNING xid::text AS xid, position
"""


@pytest.fixture
async def owner(owner_url: str, world: World) -> "AsyncGenerator[asyncpg.Connection[asyncpg.Record]]":
    connection = await asyncpg.connect(owner_url)
    await connection.execute("SELECT set_config('app.organization_id', $1, false)", str(world.lantern))
    # Readers that other tests have left behind are none.
    await connection.execute("UPDATE event_cursors SET updated_at = now() - interval '40 days'")
    yield connection
    await connection.execute("DELETE FROM event_cursors WHERE reader LIKE 'forgetful%'")
    await connection.close()


async def happened(
    owner: "asyncpg.Connection[asyncpg.Record]", world: World, days: float, *, audited: bool
) -> tuple[UUID, Cursor]:
    """An event of so many days ago."""
    at = datetime.now(UTC) - timedelta(days=days)
    row = await owner.fetchrow(_WRITE, world.lantern, first_id(at), audited, at)
    assert row is not None
    return first_id(at), Cursor(int(row["xid"]), row["position"])


async def kept(world: World) -> set[UUID]:
    async with world.context() as ctx:
        rows = await (await ctx.raw()).fetch("SELECT id FROM events WHERE type = 'lamp:lit'")
    return {row["id"] for row in rows}


async def test_live_facts_go_and_audited_ones_stay(
    owner: "asyncpg.Connection[asyncpg.Record]", world: World, runtime: Runtime
) -> None:
    days = runtime.settings.keep_live_events_days
    old, _ = await happened(owner, world, days + 1, audited=False)
    young, _ = await happened(owner, world, days - 1, audited=False)
    audited, _ = await happened(owner, world, 3000, audited=True)
    await sweep(runtime)
    assert await kept(world) == {young, audited}
    assert old not in await kept(world)


async def test_how_long_audited_facts_are_kept_is_a_setting(
    owner: "asyncpg.Connection[asyncpg.Record]", world: World, runtime: Runtime
) -> None:
    await happened(owner, world, 401, audited=True)
    young, _ = await happened(owner, world, 399, audited=True)
    settings = runtime.settings.model_copy(update={"keep_audit_days": 400})
    await sweep(replace(runtime, settings=settings))
    assert await kept(world) == {young}


async def test_the_database_lets_nobody_forget_what_is_young(
    owner: "asyncpg.Connection[asyncpg.Record]", world: World
) -> None:
    audited, _ = await happened(owner, world, 89, audited=True)
    live, _ = await happened(owner, world, 0.9, audited=False)
    async with world.context() as ctx:
        await (await ctx.raw()).execute("DELETE FROM events")
    assert await kept(world) == {audited, live}


async def test_a_reader_that_is_behind_finds_what_it_has_not_read(
    owner: "asyncpg.Connection[asyncpg.Record]", world: World, runtime: Runtime
) -> None:
    read, place = await happened(owner, world, 300, audited=False)
    unread, _ = await happened(owner, world, 299, audited=False)
    await owner.execute(
        "INSERT INTO event_cursors (reader, xid, position) VALUES ('forgetful', $1::text::xid8, $2)",
        str(place.xid),
        place.position,
    )
    await sweep(runtime)
    assert await kept(world) == {unread}
    assert read not in await kept(world)
    # A reader that was given up holds nothing up for ever.
    await owner.execute("UPDATE event_cursors SET updated_at = now() - interval '31 days' WHERE reader = 'forgetful'")
    await sweep(runtime)
    assert await kept(world) == set()


async def test_who_comes_back_after_longer_than_that_loads_the_pages_again(
    owner: "asyncpg.Connection[asyncpg.Record]", world: World, runtime: Runtime
) -> None:
    days = runtime.settings.keep_live_events_days
    old, _ = await happened(owner, world, days + 1, audited=True)
    young, place = await happened(owner, world, days - 1, audited=True)
    upto = Cursor(2**63, 0)
    at = int((datetime.now(UTC) - timedelta(days=days + 1)).timestamp())
    for since in (str(old), f"{place.xid}.{place.position}.{at}", f"{place.xid}.{place.position}"):
        with pytest.raises(SnapshotNeeded):
            await missed(runtime, world.lantern, {}, since, upto)
    for since in (str(young), bookmark(place)):
        assert await missed(runtime, world.lantern, {}, since, upto) == []


async def test_the_audit_page_does_not_read_past_what_is_live(
    owner: "asyncpg.Connection[asyncpg.Record]", world: World, runtime: Runtime
) -> None:
    audited, _ = await happened(owner, world, 20, audited=True)
    await owner.execute(
        """INSERT INTO events (organization_id, id, type, audited, subject_id, subject_label, actor_kind, actor_label,
                               request_id, ip, data)
           SELECT $1, gen_random_uuid(), 'lamp:lit', false, gen_random_uuid(), '', 'system', '', '', '', '{}'
           FROM generate_series(1, 3000)""",
        world.lantern,
    )
    await owner.execute("ANALYZE events")
    plan = await owner.fetch(
        """EXPLAIN SELECT id FROM events e WHERE e.organization_id = $1 AND e.audited
           ORDER BY e.id DESC LIMIT 51""",
        world.lantern,
    )
    assert any("ix_events_audited" in row[0] for row in plan)
    async with runtime.database.read(world.lantern) as connection:
        found = await search(connection, world.lantern, Filter(), None, 500)
    assert audited in {row["id"] for row in found.rows}
