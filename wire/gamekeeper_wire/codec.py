"""Frames to JSON text and back, with a named error for everything that is not a frame."""

from typing import TypeVar

import msgspec
from msgspec import Struct

from gamekeeper_wire.agent import AgentFrame
from gamekeeper_wire.close import CloseCode
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.limits import MAX_FRAME
from gamekeeper_wire.server import ServerFrame

T = TypeVar("T")


class FrameError(Exception):
    """A frame could not be read."""

    code = "bad-frame"
    close_code = CloseCode.BAD_FRAME


class FrameTooLarge(FrameError):
    """A frame was larger than `MAX_FRAME`."""

    code = "frame-too-large"
    close_code = CloseCode.TOO_LARGE


class FrameMalformed(FrameError):
    """A frame was not JSON, or its fields were not what its type says."""

    code = "frame-malformed"


class FrameUnknown(FrameError):
    """A frame of a type that this side does not know yet; it may be ignored."""

    code = "frame-unknown"

    def __init__(self, type_: str) -> None:
        """Remember the unknown type's name, shortened."""
        super().__init__(f"unknown frame type {type_[:64]!r}")
        self.type = type_


class _Envelope(Struct):
    type: str


_encoder = msgspec.json.Encoder()
_agent = msgspec.json.Decoder(AgentFrame)
_server = msgspec.json.Decoder(ServerFrame)
_envelope = msgspec.json.Decoder(_Envelope)
_AGENT_TYPES = frozenset(str(each.__struct_config__.tag) for each in AgentFrame.__args__)
_SERVER_TYPES = frozenset(str(each.__struct_config__.tag) for each in ServerFrame.__args__)


def encode(frame: Frame) -> str:
    """JSON text of a frame. Raises FrameTooLarge before anything is sent."""
    data = _encoder.encode(frame)
    if len(data) > MAX_FRAME:
        raise FrameTooLarge(f"{type(frame).__name__} of {len(data)} bytes")
    return data.decode()


def decode_agent(data: str | bytes) -> AgentFrame:
    """A frame that an agent sent. Raises FrameError."""
    return _decode(data, _agent, _AGENT_TYPES)


def decode_server(data: str | bytes) -> ServerFrame:
    """A frame that the server sent. Raises FrameError."""
    return _decode(data, _server, _SERVER_TYPES)


def _decode(data: str | bytes, decoder: msgspec.json.Decoder[T], known: frozenset[str]) -> T:
    if len(data) > MAX_FRAME:
        raise FrameTooLarge(f"{len(data)} bytes")
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        _raise_if_unknown(data, known)
        raise FrameMalformed(str(error)) from error


def _raise_if_unknown(data: str | bytes, known: frozenset[str]) -> None:
    try:
        type_ = _envelope.decode(data).type
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return
    if type_ not in known:
        raise FrameUnknown(type_)
