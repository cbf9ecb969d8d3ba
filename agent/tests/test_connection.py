import asyncio
from datetime import timedelta
from pathlib import Path

from agent.tests.authority import Authority
from agent.tests.conftest import MakeMachine
from agent.tests.gateway import Gateway

from gamekeeper_wire.agent import Heartbeat, Metrics, Mode
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.server import Drain, Intervals


async def test_an_agent_says_hello_beats_and_reports(gateway: Gateway, make_machine: MakeMachine) -> None:
    await make_machine(mode=Mode.CONTROL).start()
    hello = await gateway.connected()
    assert hello.mode is Mode.CONTROL
    assert set(hello.capabilities.actions) == {"restart", "reboot", "update", "screenshot", "logs"}
    assert not hello.capabilities.overlay
    assert hello.machine.cpu_count
    beat = await gateway.next(Heartbeat)
    assert not beat.problems
    metrics = await gateway.next(Metrics)
    sample = metrics.samples[0]
    assert not metrics.replay
    assert sample.cpu is not None
    assert sample.memory is not None
    assert sample.disk is not None
    assert (await gateway.next(Metrics, lambda frame: frame.samples[-1].latency is not None)).samples[-1].latency


async def test_the_server_sets_the_intervals(gateway: Gateway, make_machine: MakeMachine) -> None:
    gateway.heartbeat_seconds = gateway.metrics_seconds = 3600
    await make_machine().start()
    await gateway.connected()
    await gateway.next(Metrics)
    await gateway.send(Intervals(heartbeat_seconds=1, metrics_seconds=1))
    await gateway.next(Heartbeat)
    await gateway.next(Metrics, after=len(gateway.heard))


async def test_a_gateway_of_another_authority_is_not_spoken_to(gateway: Gateway, make_machine: MakeMachine) -> None:
    machine = make_machine()
    machine.certify(gateway.authority, trust=Authority())
    await machine.start()
    await _until_logged(machine.folder, "CERTIFICATE_VERIFY_FAILED")
    assert not gateway.hellos


async def test_a_gateway_under_another_name_is_not_spoken_to(gateway: Gateway, make_machine: MakeMachine) -> None:
    impostor = Gateway(gateway.folder, gateway.authority, name="elsewhere.example.org")
    await impostor.open()
    machine = make_machine()
    machine.port = impostor.port
    machine.certify(gateway.authority)
    await machine.start()
    await _until_logged(machine.folder, "Hostname mismatch")
    assert not impostor.hellos
    await impostor.close()


async def test_it_comes_back_after_a_drain_and_after_a_lost_server(gateway: Gateway, make_machine: MakeMachine) -> None:
    await make_machine().start()
    await gateway.connected()
    await gateway.send(Drain(reconnect_spread_seconds=1))
    assert gateway.socket is not None
    await gateway.socket.close(CloseCode.DRAINING)
    await gateway.connected(2)
    await gateway.close()
    await gateway.open()
    await gateway.connected(3)


async def test_a_certificate_past_two_thirds_of_its_life_is_renewed(
    gateway: Gateway, make_machine: MakeMachine
) -> None:
    machine = make_machine()
    machine.certify(gateway.authority, lifetime=timedelta(hours=10), age=timedelta(hours=8))
    before = (machine.folder / "device.pem").read_bytes()
    await machine.start()
    await _until_logged(machine.folder, "the certificate was renewed")
    after = (machine.folder / "device.pem").read_bytes()
    assert after != before
    assert after[:200] == before[:200], "the key stays"
    await machine.stop()
    await machine.start()
    await gateway.connected(2)


async def test_a_clock_in_the_past_is_named(gateway: Gateway, make_machine: MakeMachine) -> None:
    machine = make_machine()
    machine.certify(gateway.authority, age=timedelta(days=-1))
    await machine.start()
    await _until_logged(machine.folder, "set the clock")
    assert not gateway.hellos


async def _until_logged(folder: Path, words: str) -> None:
    async with asyncio.timeout(30):
        while not (folder / "agent.log").exists() or words not in (folder / "agent.log").read_text():
            await asyncio.sleep(0.1)
