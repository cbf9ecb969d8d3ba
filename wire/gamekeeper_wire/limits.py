"""Numbers and bounded types that both sides hold to."""

from typing import Annotated

from msgspec import Meta

PROTOCOL = 1
PATH = "/agent"
SERVER_NAME = "gateway.gamekeeper.internal"

MAX_FRAME = 1024 * 1024
MAX_SAMPLES = 500
MAX_PART = 512 * 1024
MAX_PARTS = 64
MAX_LOG_LINES = 500
MAX_SEGMENTS = 200
MAX_LEASE = 2048
MAX_PEM = 16 * 1024

PING_SECONDS = 15
"""How often an agent pings; the round trip is the latency it reports."""
PONG_SECONDS = 20
"""How long it waits for the pong: together a read deadline of 35 s."""

# A NUL is legal JSON and no PostgreSQL text, so no string of a frame may hold one.
_NO_NUL = r"\A[^\x00]*\Z"

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"\A[A-Za-z0-9_.:-]+\Z")]
Name = Annotated[str, Meta(max_length=255, pattern=_NO_NUL)]
Line = Annotated[str, Meta(max_length=2000, pattern=_NO_NUL)]
Pem = Annotated[str, Meta(max_length=MAX_PEM, pattern=_NO_NUL)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
UnixMs = Annotated[int, Meta(ge=0, le=253_402_300_799_999)]
"""Milliseconds since 1970, not after the year 9999."""
DurationMs = Annotated[int, Meta(ge=0, le=366 * 86_400_000)]
Seconds = Annotated[int, Meta(ge=1, le=3600)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Reading = Annotated[float, Meta(ge=-1e6, le=1e9)]

Whole = Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1)]
Facts = Annotated[dict[Name, Line | Whole | float | bool | None], Meta(max_length=32)]
"""Named scalars: a command's parameters, a result's data."""
