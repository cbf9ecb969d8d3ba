"""The ceiling of fan-out: `websockets` and its broadcast. A line on standard input sends a text so many times."""

import asyncio
import json
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def main(port: int) -> None:
    """Serve until standard input ends."""
    clients: set[ServerConnection] = set()

    async def handle(socket: ServerConnection) -> None:
        clients.add(socket)
        await socket.wait_closed()
        clients.discard(socket)

    lines = asyncio.StreamReader(limit=2**20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with serve(handle, "127.0.0.1", port, compression=None, ping_interval=None, backlog=2048):
        while line := await lines.readline():
            times, text = json.loads(line)
            for _ in range(times):
                broadcast(clients, text)
                await asyncio.sleep(0)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
