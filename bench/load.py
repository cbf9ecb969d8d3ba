"""A small load generator for HTTP: as many requests as come back on a few connections that stay open."""

import asyncio
import time
from collections.abc import Sequence
from typing import cast


class _Caller(asyncio.Protocol):
    """One connection that asks again as soon as the answer is complete."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._transport: asyncio.WriteTransport | None = None
        self._left = -1
        self._head = b""
        self.answers = 0
        self.failed = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods and not the class.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head, data = self._head[:end].lower(), self._head[end + 4 :]
            self._head = b""
            if not head.startswith(b"http/1.1 200"):
                self.failed = head.split(b"\r\n")[0].decode()
            place = head.index(b"content-length:") + 15
            self._left = int(head[place : head.find(b"\r\n", place)] if b"\r\n" in head[place:] else head[place:])
        self._left -= len(data)
        if self._left == 0:
            self._left = -1
            self.answers += 1
            if self._transport is not None:
                self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.failed = self.failed or str(exc or "closed")

    def leave(self) -> None:
        """Close the connection; what happens to it from here on does not count."""
        if self._transport is not None:
            self._transport.abort()


async def per_second(port: int, path: str, headers: Sequence[dict[str, str]], seconds: float) -> float:
    """Answers per second on one connection for each of `headers`. Raises AssertionError for any that is not 200."""
    loop = asyncio.get_running_loop()
    callers: list[_Caller] = []
    for each in headers:
        lines = "".join(f"{name}: {value}\r\n" for name, value in each.items())
        request = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n{lines}\r\n".encode()
        _, caller = await loop.create_connection(lambda request=request: _Caller(request), "127.0.0.1", port)
        callers.append(caller)
    await asyncio.sleep(0.3)
    before, began = sum(caller.answers for caller in callers), time.perf_counter()
    await asyncio.sleep(seconds)
    rate = (sum(caller.answers for caller in callers) - before) / (time.perf_counter() - began)
    failed = [caller.failed for caller in callers if caller.failed]
    for caller in callers:
        caller.leave()
    if failed:
        raise AssertionError(f"{len(failed)} connections failed: {failed[0]}")
    return rate
