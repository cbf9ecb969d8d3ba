"""Many WebSocket clients in one process that count frames and look at nothing: the same for us and for the ceiling."""

import asyncio
import base64
import json
import os
import struct
from collections.abc import Callable
from typing import cast


class CountingSocket(asyncio.Protocol):
    """A client that can send texts, keeps the first frames, and counts all others."""

    def __init__(self, port: int, path: str, counted: Callable[[], None]) -> None:
        self._port = port
        self._path = path
        self._counted = counted
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = bytearray()
        self._open = False
        self.opened = asyncio.Event()
        self._kept: asyncio.Queue[str] | None = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        # uvloop's transports have the methods and not the class.
        self._transport = cast("asyncio.WriteTransport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET {self._path} HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\nupgrade: websocket\r\n"
            f"connection: upgrade\r\nsec-websocket-key: {key}\r\nsec-websocket-version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Cut frames out of the bytes."""
        self._buffer += data
        if not self._open:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            del self._buffer[: end + 4]
            self._open = True
            self.opened.set()
        place = 0
        buffer = self._buffer
        while len(buffer) - place >= 2:
            length, head = buffer[place + 1] & 0x7F, 2
            if length == 126:
                if len(buffer) - place < 4:
                    break
                length, head = int.from_bytes(buffer[place + 2 : place + 4]), 4
            if len(buffer) - place < head + length:
                break
            if buffer[place] & 0x0F == 1:
                if self._kept is None:
                    self._counted()
                else:
                    self._kept.put_nowait(bytes(buffer[place + head : place + head + length]).decode())
            place += head + length
        del buffer[:place]

    def send(self, text: str) -> None:
        """Send a text frame (below 64 KB), masked as clients must."""
        data = text.encode()
        head = (
            struct.pack(">BBH", 0x81, 0xFE, len(data))
            if len(data) > 125
            else struct.pack(">BB", 0x81, 0x80 | len(data))
        )
        if self._transport is not None:
            # A mask of zeros is legal, and what it protects from is not here.
            self._transport.write(head + bytes(4) + data)

    async def next(self) -> str:
        """The next frame, while frames are kept."""
        if self._kept is None:
            raise RuntimeError("this socket only counts")
        async with asyncio.timeout(30):
            return await self._kept.get()

    def count_only(self) -> None:
        """From here on count frames and forget them."""
        self._kept = None

    def leave(self) -> None:
        """Close without a word."""
        if self._transport is not None:
            self._transport.abort()


async def connect(port: int, path: str, counted: Callable[[], None]) -> CountingSocket:
    """Open one, and wait until it is open: what is sent earlier may be lost."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: CountingSocket(port, path, counted), "127.0.0.1", port)
    async with asyncio.timeout(30):
        await socket.opened.wait()
    return socket


async def subscribe(port: int, token: str, topics: list[str], counted: Callable[[], None]) -> CountingSocket:
    """Open one on `gamekeeper web`, sign in and listen."""
    socket = await connect(port, "/ws", counted)
    await _ask(socket, {"event": "authenticate", "data": {"token": token}}, "authenticated")
    await _ask(socket, {"event": "subscribe", "data": {"topics": topics}}, "subscribed")
    return socket


async def _ask(socket: CountingSocket, frame: dict[str, object], answer: str) -> None:
    socket.send(json.dumps(frame))
    while True:
        event = json.loads(await socket.next())["event"]
        if event == answer:
            return
        if event != "tick":
            raise AssertionError(f"{event} instead of {answer}")
