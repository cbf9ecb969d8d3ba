"""The ceiling of the device list: a bare ASGI app with asyncpg. No tenancy, no sign-in, no framework, no checks."""

import os
import sys
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import uvicorn

from gamekeeper.modules.fleet.devices.queries import _COLUMNS, _FROM  # pyright: ignore[reportPrivateUsage] - the very SQL

STATEMENT = f"{_COLUMNS}{_FROM} AND d.revoked_at IS NULL ORDER BY d.name, d.id LIMIT $2"
_encoder = msgspec.json.Encoder()
_pools: list["asyncpg.Pool[asyncpg.Record]"] = []


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers every request with the first fifty devices."""
    if scope["type"] != "http":
        return
    await receive()
    if not _pools:
        _pools.append(await asyncpg.create_pool(os.environ["BENCH_URL"], min_size=10, max_size=10))
    rows = await _pools[0].fetch(STATEMENT, UUID(os.environ["BENCH_ORGANIZATION"]), 51)
    body = _encoder.encode({"items": [dict(row) for row in rows[:50]], "next": None})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), http="httptools", loop="uvloop", access_log=False,
                lifespan="off", log_level="error")  # fmt: skip
