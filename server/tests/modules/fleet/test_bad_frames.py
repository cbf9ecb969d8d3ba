"""Whatever a device sends gets a named answer, and never a stuck connection or a broken neighbor."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gamekeeper.modules.fleet.gateway.server import Gateway
from gamekeeper_wire.agent import CommandPart, Heartbeat, LogLevel, LogLine, LogLines, Renew
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.limits import MAX_FRAME
from gamekeeper_wire.server import Refused
from tests.modules.fleet.conftest import Enrol
from tests.modules.fleet.machines import Link, Machine, hello

TOO_BIG = 1009

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
types = st.sampled_from(
    ["hello", "heartbeat", "metrics", "command-ack", "command-progress", "command-part", "command-result", "log-lines",
     "renew", "lease-answer", "station-report", "segment-log", "something-new"]
)  # fmt: skip
fields = st.sampled_from(
    ["batch_id", "samples", "command_id", "index", "last", "content", "ok", "code", "message", "data", "entries", "csr",
     "uptime_s", "percent", "lock", "reason", "at", "log_id", "protocol", "capabilities"]
)  # fmt: skip


def as_frame(type_: str, values: dict[str, Any]) -> str:
    return json.dumps({"type": type_} | values)


frames = st.builds(as_frame, types, st.dictionaries(fields, json_values, max_size=6))


@pytest.fixture
async def machine_(enrol: Enrol) -> Machine:
    return await enrol()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=frames | st.text(max_size=200) | st.binary(max_size=200))
async def test_no_frame_is_without_an_answer(machine_: Machine, data: str | bytes) -> None:
    async with machine_.linked() as link:
        await link.socket.send(data)
        await link.socket.send('{"type":"are-you-there"}')
        code = None
        try:
            await link.next(Refused, lambda frame: frame.code == "frame-unknown")
        except Exception:  # noqa: BLE001 - closed instead: the code is looked at below
            code = await link.closed()
        assert code in {None, CloseCode.BAD_FRAME, CloseCode.TOO_LARGE, 1002, 1007}
        if code is not None and code >= 4000:
            assert any(isinstance(frame, Refused) for frame in link.heard)
    async with machine_.linked() as link:  # and the door is open as before
        await link.answered()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=frames | st.text(max_size=100) | st.binary(max_size=100))
async def test_nothing_but_a_hello_begins_a_connection(machine_: Machine, data: str | bytes) -> None:
    async with machine_.raw() as opened:
        await opened.send(data)
        code = await Link(opened).closed()
        assert code in {CloseCode.HELLO_MISSING, CloseCode.BAD_FRAME, CloseCode.UNSUPPORTED_PROTOCOL, 1002, 1007}


async def test_a_hello_of_another_protocol(machine_: Machine) -> None:
    async with machine_.raw() as opened:
        link = Link(opened)
        await link.send(hello(protocol=99))
        assert await link.closed() == CloseCode.UNSUPPORTED_PROTOCOL


async def test_no_hello_in_time(machine_: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gamekeeper.modules.fleet.gateway.server.HELLO_SECONDS", 0.1)
    async with machine_.raw() as opened:
        assert await Link(opened).closed() == CloseCode.HELLO_MISSING


async def test_a_second_hello_is_refused_and_changes_nothing(machine_: Machine) -> None:
    async with machine_.linked() as link:
        await link.send(hello(hostname="somebody-else"))
        assert (await link.next(Refused)).code == "hello-repeated"
        await link.answered()


async def test_a_frame_that_is_too_large(machine_: Machine) -> None:
    async with machine_.linked() as link:
        await link.socket.send("x" * (MAX_FRAME + 1))
        assert await link.closed() == TOO_BIG


async def test_frames_that_come_too_fast(machine_: Machine, gateway: Gateway) -> None:
    async with machine_.linked() as link:
        connection = gateway.registry.get(machine_.id)
        assert connection is not None
        connection.allowance.at = connection.socket.loop.time()
        connection.allowance.frames = 3
        for _ in range(10):
            await link.send(Heartbeat(uptime_s=1))
        assert await link.closed() == CloseCode.TOO_MANY
        assert any(isinstance(frame, Refused) and frame.code == "too-many-frames" for frame in link.heard)


async def test_pieces_out_of_order(machine_: Machine) -> None:
    async with machine_.linked() as link:
        for index in (1, 0, 2):
            await link.send(CommandPart(command_id="c", index=index, last=False, content=b"x"))
        await link.answered()
        refusals = [frame for frame in link.heard if isinstance(frame, Refused) and frame.code == "part-out-of-order"]
        assert len(refusals) == 2


async def test_a_log_that_nobody_follows(machine_: Machine) -> None:
    async with machine_.linked() as link:
        await link.send(LogLines(entries=[LogLine(0, LogLevel.INFO, "hello")]))
        assert (await link.next(Refused)).code == "log-unasked"


@pytest.mark.parametrize("csr", ["", "nonsense", "-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END"])
async def test_a_renewal_that_is_no_request(machine_: Machine, csr: str) -> None:
    async with machine_.linked() as link:
        await link.send(Renew(csr=csr))
        assert (await link.next(Refused)).code == "request_malformed"


async def test_text_of_a_device_is_data(enrol: Enrol, client: Any) -> None:
    machine = await enrol()
    nasty = "<script>alert(1)</script>'; DROP TABLE devices; --"
    async with machine.linked(hostname=nasty, agent_version=nasty):
        read = (await client.get(f"/api/v1/devices/{machine.id}")).json()
    assert read["hostname"] == nasty
