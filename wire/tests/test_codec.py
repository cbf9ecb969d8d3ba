from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire.tests.frames import frames

from gamekeeper_wire import codec
from gamekeeper_wire.agent import AgentFrame, CommandPart, Heartbeat, Metrics, Sample
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.limits import MAX_PART, MAX_SAMPLES
from gamekeeper_wire.server import ServerFrame

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
_TYPES = st.sampled_from(["hello", "heartbeat", "metrics", "command-part", "segment-log", "welcome", "?"])


@given(frames(AgentFrame))
def test_every_agent_frame_comes_back_as_it_was(frame: Any) -> None:
    assert codec.decode_agent(codec.encode(frame)) == frame


@given(frames(ServerFrame))
def test_every_server_frame_comes_back_as_it_was(frame: Any) -> None:
    assert codec.decode_server(codec.encode(frame)) == frame


@given(st.binary() | st.text())
def test_noise_is_a_named_error(noise: bytes | str) -> None:
    with pytest.raises(codec.FrameError):
        codec.decode_agent(noise)


@given(_TYPES, st.dictionaries(st.text(), _JSON, max_size=5))
def test_json_that_is_no_frame_is_a_named_error(type_: str, fields: dict[str, Any]) -> None:
    text = msgspec.json.encode(fields | {"type": type_})
    with pytest.raises(codec.FrameError):
        codec.decode_agent(text)


@given(frames(AgentFrame), st.text("abc", min_size=1), _JSON)
def test_fields_of_a_newer_agent_are_ignored(frame: Any, name: str, value: Any) -> None:
    grown = msgspec.json.decode(codec.encode(frame)) | {f"new_{name}": value}
    assert codec.decode_agent(msgspec.json.encode(grown)) == frame


def test_a_frame_of_a_newer_agent_is_told_apart_from_a_bad_one() -> None:
    with pytest.raises(codec.FrameUnknown) as caught:
        codec.decode_agent('{"type": "dance", "steps": 3}')
    assert caught.value.type == "dance"


def test_a_server_frame_is_no_agent_frame() -> None:
    with pytest.raises(codec.FrameUnknown):
        codec.decode_agent('{"type": "metrics-stored", "batch_id": "a"}')


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"heartbeat","uptime_s":-1}',
        '{"type":"heartbeat","uptime_s":9999999999999999999999}',
        '{"type":"heartbeat","uptime_s":1,"problems":["a\\u0000b"]}',
        '{"type":"heartbeat","uptime_s":1,"problems":["\\ud800"]}',
        '{"type":"metrics","batch_id":"a","samples":[]}',
        '{"type":"metrics","batch_id":"a","samples":[[1,1e999]]}',
        '{"type":"metrics","batch_id":"a","samples":[[1,1e300]]}',
        '{"type":"metrics","batch_id":"a","samples":[[1,NaN]]}',
        '{"type":"metrics","batch_id":"a b","samples":[[1]]}',
        '{"type":"metrics","batch_id":"a","samples":' + "[" * 200_000,
        '{"type":"command-ack","command_id":""}',
        "\ud800",
    ],
)
def test_malformed_frames_are_refused_by_name(text: str) -> None:
    with pytest.raises(codec.FrameMalformed) as caught:
        codec.decode_agent(text)
    assert caught.value.close_code is CloseCode.BAD_FRAME


def test_a_frame_beyond_the_limit_is_neither_sent_nor_read() -> None:
    with pytest.raises(codec.FrameTooLarge):
        codec.decode_agent(" " * 2_000_000)
    with pytest.raises(codec.FrameTooLarge):
        codec.encode(Heartbeat(uptime_s=1, problems=["x" * 2_000_000]))


def test_the_largest_allowed_contents_fit_into_a_frame() -> None:
    sample = Sample(253_402_300_799_999, -99999.123456789, 1e8 + 0.1, 1e8 + 0.1, 1e8 + 0.1, 1e8 + 0.1)
    for frame in (
        Metrics(batch_id="b" * 64, samples=[sample] * MAX_SAMPLES),
        CommandPart(command_id="c" * 64, index=0, last=True, content=b"\xff" * MAX_PART),
    ):
        assert codec.decode_agent(codec.encode(frame)) == frame


def test_more_samples_than_allowed_are_refused() -> None:
    with pytest.raises(codec.FrameMalformed):
        codec.decode_agent(codec.encode(Metrics(batch_id="b", samples=[Sample(1)] * (MAX_SAMPLES + 1))))
