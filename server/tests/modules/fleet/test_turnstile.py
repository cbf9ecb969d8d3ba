"""The queue at the gateway's door."""

import asyncio

import pytest

from gamekeeper.modules.fleet.gateway.turnstile import Impatient, Turnstile


async def hold(turnstile: Turnstile, release: asyncio.Event, order: list[str], name: str, *, inside: bool) -> None:
    async with turnstile.turn(inside=inside):
        order.append(name)
        await release.wait()


async def test_who_is_inside_goes_first() -> None:
    turnstile, order = Turnstile(1, 60), list[str]()
    gates = {name: asyncio.Event() for name in ("first", "coming", "later", "inside")}
    tasks = [asyncio.create_task(hold(turnstile, gates["first"], order, "first", inside=False))]
    await asyncio.sleep(0)
    for name in ("coming", "later", "inside"):
        tasks.append(asyncio.create_task(hold(turnstile, gates[name], order, name, inside=name == "inside")))
        await asyncio.sleep(0)
    for name in ("first", "inside", "coming", "later"):
        gates[name].set()
        await asyncio.sleep(0.01)
    await asyncio.gather(*tasks)
    assert order == ["first", "inside", "coming", "later"]


async def test_nobody_waits_in_vain() -> None:
    turnstile = Turnstile(1, 0.01)
    async with turnstile.turn(inside=False):
        with pytest.raises(Impatient):
            async with turnstile.turn(inside=False):
                pytest.fail("there was no turn to give")
    async with turnstile.turn(inside=False):  # and the turn is free again
        pass


async def test_turns_are_never_lost() -> None:
    turnstile = Turnstile(2, 0.002)
    inside = 0

    async def come(number: int) -> None:
        nonlocal inside
        try:
            async with turnstile.turn(inside=number % 3 == 0):
                inside += 1
                assert inside <= 2
                await asyncio.sleep(0.001)
                inside -= 1
        except Impatient:
            return

    tasks = [asyncio.create_task(come(number)) for number in range(200)]
    for task in tasks[::7]:
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with turnstile.turn(inside=True), turnstile.turn(inside=True):
        assert turnstile
