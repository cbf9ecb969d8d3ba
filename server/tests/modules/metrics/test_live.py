"""The newest reading on its way to whoever looks: once a second, never from the past."""

from typing import Any

from gamekeeper.modules.metrics.live import Live
from gamekeeper.modules.metrics.rows import Batch, pack
from gamekeeper_wire.agent import Sample
from tests.modules.metrics.samples import device, now_ms
from tests.world import World


def batch(world: World, *samples: Sample, replay: bool = False) -> Batch:
    return pack(world.lantern, MACHINE, samples, replay=replay, now_ms=now_ms(), oldest_ms=0, late_ms=0)


MACHINE = device()


def test_a_device_is_shown_once_a_second_with_its_newest_reading(world: World) -> None:
    now = 100.0
    heard: list[dict[str, Any]] = []
    stop = world.runtime.hints.hear("live", heard.append)
    live = Live(world.runtime, clock=lambda: now)
    ts = now_ms()
    live.show([batch(world, Sample(ts=ts, cpu=1.0), Sample(ts=ts - 60_000, cpu=9.0))])
    live.show([batch(world, Sample(ts=ts + 1, cpu=2.0))])
    now = 101.0
    live.show([batch(world, Sample(ts=ts + 2, cpu=3.0), replay=True)])
    live.show([batch(world, Sample(ts=ts + 3, cpu=4.0))])
    stop()
    mine = [value for value in heard if value["d"].get("device_id") == str(MACHINE)]
    assert [value["d"]["metrics"]["cpu"] for value in mine] == [1.0, 4.0]
    assert mine[0]["t"] == ["devices", f"device:{MACHINE}"]
    assert mine[0]["o"] == str(world.lantern)
    assert mine[0]["d"]["metrics"]["memory"] is None
