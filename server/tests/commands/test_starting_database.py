"""A database that says that it is starting is waited for; everything else it says is told at once."""

import asyncio
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from gamekeeper.commands.process import awake

STARTING = ("57P03", "the database system is starting up")
WRONG = ("28P01", "password authentication failed")


def error(code: str, message: str) -> bytes:
    """An ErrorResponse of the PostgreSQL protocol, version 3."""
    fields = b"".join(kind + value.encode() + b"\0" for kind, value in ((b"S", "FATAL"), (b"C", code), (b"M", message)))
    return b"E" + struct.pack("!i", len(fields) + 5) + fields + b"\0"


@asynccontextmanager
async def saying(*answers: tuple[str, str]) -> AsyncGenerator[tuple[str, list[str]]]:
    """A server that gives one answer to each connection, the last one for ever; and what it has said."""
    said: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length, code = struct.unpack("!ii", await reader.readexactly(8))
        if code == 80877103:  # SSLRequest: no TLS here, so the startup packet follows
            writer.write(b"N")
            length, _ = struct.unpack("!ii", await reader.readexactly(8))
        await reader.readexactly(length - 8)
        code, message = answers[min(len(said), len(answers) - 1)]
        said.append(code)
        writer.write(error(code, message))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://someone:secret@127.0.0.1:{port}/gamekeeper?sslmode=disable", said


async def test_it_waits_until_the_database_says_something_else() -> None:
    async with saying(STARTING, STARTING, WRONG) as (url, said):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await awake(url)
    assert said == ["57P03", "57P03", "28P01"]


async def test_it_does_not_wait_for_ever() -> None:
    async with saying(STARTING) as (url, _):
        with pytest.raises(asyncpg.CannotConnectNowError):
            await awake(url, seconds=0)


async def test_a_database_that_is_there_is_not_waited_for(owner_url: str) -> None:
    await awake(owner_url, seconds=0)
