"""How long the fleet's rows are kept, and that nothing goes before."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.housekeeping.jobs import sweep
from gamekeeper.kernel.housekeeping.lifetimes import every_lifetime
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.authority.models import Certificate
from gamekeeper.modules.fleet.commands.models import Command, CommandState
from gamekeeper.modules.fleet.devices.logs import keep
from gamekeeper_wire.agent import LogLevel, LogLine
from tests.world import World

SLACK = timedelta(hours=1)


def made(at: datetime, number: int = 1) -> UUID:
    """An id as if made at that moment."""
    return UUID(f"{int(at.timestamp() * 1000):012x}70008000{number:012x}")


async def device(client: httpx.AsyncClient, name: str = "Seat 1") -> UUID:
    return UUID((await client.post("/api/v1/devices", json={"name": name})).json()["id"])


async def ids(world: World, table: str) -> set[UUID]:
    async with world.context() as ctx:
        return {row["id"] for row in await (await ctx.raw()).fetch(f"SELECT id FROM {table}")}


def certificate(ctx: Context, device_id: UUID, end: datetime, number: int) -> Certificate:
    start = end - timedelta(days=14)
    return Certificate(
        organization_id=ctx.organization_id,
        id=made(start, number),
        device_id=device_id,
        serial=f"{number:x}",
        key_hash="",
        not_before=start,
        not_after=end,
    )


async def test_certificates_go_after_their_time_but_never_the_last_one(
    client: httpx.AsyncClient, world: World, runtime: Runtime
) -> None:
    over = timedelta(days=runtime.settings.keep_certificates_days)
    seat, shelf = await device(client), await device(client, "Seat 2")
    async with world.context() as ctx:
        old, recent, valid, last = (
            certificate(ctx, seat, ctx.now - over - SLACK, 1),
            certificate(ctx, seat, ctx.now - over + SLACK, 2),
            certificate(ctx, seat, ctx.now + timedelta(days=7), 3),
            certificate(ctx, shelf, ctx.now - 10 * over, 4),
        )
        ctx.session.add_all([old, recent, valid, last])
    await sweep(runtime)
    assert await ids(world, "certificates") == {recent.id, valid.id, last.id}


async def test_finished_commands_go_after_their_time_and_open_ones_stay(
    client: httpx.AsyncClient, world: World, runtime: Runtime
) -> None:
    seat = await device(client)
    long_ago = datetime.now(UTC) - timedelta(days=runtime.settings.keep_commands_days)
    async with world.context() as ctx:
        commands = [
            Command(
                organization_id=ctx.organization_id,
                id=made(long_ago - 2 * SLACK, number),
                device_id=seat,
                action="logs",
                params={},
                state=state,
                issuer_kind="user",
                issuer_id=None,
                issuer_label="",
                expires_at=ctx.now + SLACK,
                finished_at=finished_at,
            )
            for number, (state, finished_at) in enumerate(
                [
                    (CommandState.SUCCEEDED, long_ago - SLACK),
                    (CommandState.SUCCEEDED, long_ago + SLACK),
                    (CommandState.RUNNING, None),
                ]
            )
        ]
        ctx.session.add_all(commands)
    before = await ids(world, "commands")
    await sweep(runtime)
    assert before - await ids(world, "commands") == {commands[0].id}


async def test_log_lines_go_after_their_time_and_with_their_device(
    client: httpx.AsyncClient, world: World, runtime: Runtime
) -> None:
    seat = await device(client)
    long_ago = datetime.now(UTC) - timedelta(days=runtime.settings.keep_device_logs_days)
    async with world.context() as ctx:
        [first, second] = await keep(ctx, seat, [LogLine(0, LogLevel.INFO, text) for text in ("old", "young")])
        # What counts is when a line arrived; what the machine says of the time may be anything.
        await (await ctx.raw()).execute(
            "UPDATE device_log_lines SET id = $2 WHERE id = $1", first, made(long_ago - SLACK)
        )
    await sweep(runtime)
    assert await ids(world, "device_log_lines") == {second}
    assert (await client.delete(f"/api/v1/devices/{seat}")).status_code == 204
    assert await ids(world, "device_log_lines") == set()


async def test_the_primary_key_finds_what_is_old(world: World) -> None:
    """Row-level security stands beside the condition, and may keep an index from being used."""
    lifetimes = {lifetime.table: lifetime for lifetime in every_lifetime()}
    async with world.context() as ctx:
        raw = await ctx.raw()
        await raw.execute("SET LOCAL enable_seqscan = off")
        for table in ("device_log_lines", "commands", "certificates"):
            plan = await raw.fetch(f"EXPLAIN {lifetimes[table].statement(500)}", ctx.now, ctx.organization_id)
            text = "\n".join(row[0] for row in plan)
            assert "(id < " in text.partition("Index Cond: ")[2], text
