"""Web, gateway, worker and database killed under load: nothing that was promised is lost, nothing happens twice."""

import asyncio
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.stage import Listener, Stage, staged

VICTIMS = ("web", "gateway", "worker", "database")
_CALM_SECONDS = 60


async def change(stage: Stage, promised: list[str], enough: asyncio.Event) -> None:
    """Teams are formed; a name is promised once the answer says so."""
    number = 0
    while not enough.is_set():
        number += 1
        name = f"Team {number}"
        try:
            answer = await stage.client.post("/api/v1/teams", json={"name": name})
        except httpx.HTTPError:
            await asyncio.sleep(0.1)  # whether it was formed is not known; that it was formed half must not be
            continue
        if answer.is_success:
            promised.append(name)
        else:
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.02)


async def command(stage: Stage, promised: dict[str, str], enough: asyncio.Event) -> None:
    """Machines are asked for their logs; the command is promised once the answer says so."""
    number = 0
    while not enough.is_set():
        number += 1
        machine = random.choice(stage.machines)  # noqa: S311 - any
        headers = {"idempotency-key": f"command {number}"}
        path = f"/api/v1/devices/{machine.device_id}/actions"
        for _ in range(50):  # the same request until it is answered: it must still be one command
            try:
                answer = await stage.client.post(path, json={"action": "logs", "ttl": 600}, headers=headers)
            except httpx.HTTPError:
                await asyncio.sleep(0.2)
                continue
            if answer.is_success:
                promised[answer.json()["id"]] = str(machine.device_id)
                break
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.2)
        await asyncio.sleep(0.3)


async def rows(stage: Stage, query: str, *arguments: object) -> list[Any]:
    async with stage.runtime.database.read(stage.organization_id) as connection:
        return list(await connection.fetch(query, *arguments))


async def until(condition: Any, stage: Stage) -> None:
    deadline = time.monotonic() + _CALM_SECONDS
    while not await condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{condition.__name__} did not become true\n{stage.said()}")
        await asyncio.sleep(0.3)


@pytest.mark.slow
@pytest.mark.timeout(280)
async def test_everything_is_killed_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    async with staged(tmp_path, machines=6) as stage:
        listener = Listener(stage.url.removeprefix("http://"), stage.token)
        teams: list[str] = []
        commands: dict[str, str] = {}
        enough = asyncio.Event()
        load = [
            asyncio.create_task(listener.run()),
            asyncio.create_task(change(stage, teams, enough)),
            asyncio.create_task(command(stage, commands, enough)),
        ]
        await asyncio.sleep(2)
        for victim in VICTIMS:
            before = len(teams)
            await stage.kill(victim)
            await stage.ready()
            await asyncio.sleep(3)
            broken = [task.exception() for task in load if task.done()]
            assert not broken, f"after {victim} was killed: {broken}\n{stage.said()}"
            assert len(teams) > before, f"nothing went on after {victim} was killed"
        # The last of each is waited for: what is still on its way would be counted on one side only.
        enough.set()
        await asyncio.gather(*load[1:])
        try:
            await everything_settles(stage, listener, commands)
        finally:
            load[0].cancel()

        # Each change that was promised stands, and each that stands has exactly one event.
        formed = [row["name"] for row in await rows(stage, "SELECT name FROM teams")]
        events = await rows(stage, "SELECT id, subject_label FROM events WHERE type = 'team:created'")
        assert set(teams) <= set(formed)
        assert Counter(row["subject_label"] for row in events) == Counter(formed)

        # The socket got every event of the log once, in the log's order, through every death.
        log = await rows(
            stage, "SELECT id, xid::text, position, type, created_at FROM events ORDER BY events.xid, position"
        )
        heard = [frame["id"] for frame in listener.heard]
        order = [str(row["id"]) for row in log]
        assert listener.gaps == 0
        assert listener.resumed >= 1
        assert len(heard) == len(set(heard))
        due = order[order.index(heard[0]) :]
        assert set(heard) == set(due), (set(heard) ^ set(due), stage.said())
        assert heard == due, out_of_order(log, heard)

        # Each command that was promised was done once and says so.
        states = {str(row["id"]): row["state"] for row in await rows(stage, "SELECT id, state FROM commands")}
        assert set(commands) <= set(states)
        assert set(states.values()) == {"succeeded"}
        done = [command for machine in stage.machines for command in machine.done]
        assert Counter(done) == Counter(states.keys())

        # Each reading that a machine was told is stored can be read, once.
        for machine in stage.machines:
            told = set(machine.stored)  # before the look: they go on meanwhile
            found = await rows(
                stage,
                "SELECT (extract(epoch FROM ts) * 1000)::bigint AS ts FROM device_metrics WHERE device_id = $1",
                machine.device_id,
            )
            stored = Counter(row["ts"] for row in found)
            assert told
            assert told <= set(stored)
            assert max(stored.values()) == 1


def out_of_order(log: list[Any], heard: list[str]) -> str:
    """Around the first event that was not heard in its turn: where it was heard, and what it is."""
    place = {id_: number for number, id_ in enumerate(heard)}
    found = [(place.get(str(row["id"])), *row.values()) for row in log]
    wrong = next(at for at in range(1, len(found)) if (found[at][0] or 0) < (found[at - 1][0] or 0))
    return "\n".join(map(str, found[max(0, wrong - 6) : wrong + 6]))


async def everything_settles(stage: Stage, listener: Listener, commands: dict[str, str]) -> None:
    """Machines are back, commands are done, and the listener has caught up."""

    async def machines_are_back() -> bool:
        return all(machine.connection.is_connected for machine in stage.machines)

    async def commands_are_done() -> bool:
        open_ = await rows(stage, "SELECT id FROM commands WHERE finished_at IS NULL")
        return not open_ and bool(commands)

    async def listener_is_here() -> bool:
        last = await rows(stage, "SELECT id FROM events ORDER BY xid DESC, position DESC LIMIT 1")
        return bool(listener.heard) and listener.heard[-1]["id"] == str(last[0]["id"])

    await until(machines_are_back, stage)
    await until(commands_are_done, stage)
    await until(listener_is_here, stage)
