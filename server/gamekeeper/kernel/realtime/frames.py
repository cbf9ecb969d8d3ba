"""The frames of the socket: `{event, data, id}` in JSON, their names and the reasons for closing."""

from datetime import datetime
from enum import IntEnum
from typing import Any

import msgspec

MOST_FRAME_BYTES = 64 * 1024

AUTHENTICATE = "authenticate"
AUTHENTICATED = "authenticated"
SUBSCRIBE = "subscribe"
SUBSCRIBED = "subscribed"
UNSUBSCRIBE = "unsubscribe"
UNSUBSCRIBED = "unsubscribed"
SNAPSHOT_NEEDED = "snapshot-needed"
ACCESS_CHANGED = "access-changed"
TICK = "tick"
ERROR = "error"


class Close(IntEnum):
    """Why the server closed a socket."""

    BROKEN = 1011
    RESTART = 1012
    BAD_FRAME = 4400
    UNAUTHENTICATED = 4401
    REVOKED = 4403
    AUTHENTICATION_TIMEOUT = 4408
    TOO_SLOW = 4413
    TOO_MANY = 4429


class Incoming(msgspec.Struct):
    """What a client sends. `ref` is any text that the answer carries back."""

    event: str
    data: dict[str, Any] = {}
    ref: str | None = None


class Outgoing(msgspec.Struct, omit_defaults=True):
    """What a client gets. A frame with an `id` is a fact that can be resumed after."""

    event: str
    data: Any
    id: str | None = None
    at: datetime | None = None
    ref: str | None = None
    actor: dict[str, Any] | None = None
    """Who did it; only for those who may read the audit log."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Incoming)


def encode(frame: Outgoing) -> str:
    """The frame's text."""
    return _encoder.encode(frame).decode()


def decode(text: str | bytes) -> Incoming:
    """Raises msgspec.DecodeError (or its ValidationError) with a reason for a malformed frame."""
    return _decoder.decode(text)


def is_too_large(text: str | bytes) -> bool:
    """Whether a frame has more than MOST_FRAME_BYTES, as it was sent."""
    if isinstance(text, str) and not text.isascii():
        text = text.encode(errors="surrogatepass")
    return len(text) > MOST_FRAME_BYTES
