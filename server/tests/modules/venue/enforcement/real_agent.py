"""The real agent with its real overlay, on a cable that can be cut."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gamekeeper_agent.identity import Gateway, Identity, save_certificate, save_identity
from gamekeeper_agent.policy import Policy, save_policy
from gamekeeper_wire.agent import Mode
from tests.modules.fleet.machines import Machine


class Cable:
    """A TCP connection between agent and gateway that the test can cut and mend."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server: asyncio.Server | None = None
        self._streams: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.is_whole = True
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._plugged, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        self.is_whole = False
        for stream in tuple(self._streams):
            stream.transport.abort()

    def mend(self) -> None:
        self.is_whole = True

    async def _plugged(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.is_whole:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._streams |= {writer, far_writer}
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._carry(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        sink.close()
        self._streams.discard(sink)


@dataclass
class RealAgent:
    """An enrolled agent in kiosk mode: its folder and its process."""

    folder: Path
    environment: dict[str, str]
    process: asyncio.subprocess.Process | None = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.folder / "test.log"

    async def start(self, **extra: str) -> None:
        hidden = {"DISPLAY", "LD_PRELOAD", "DATABASE_URL"}
        inherited = {name: value for name, value in os.environ.items() if name not in hidden}
        with self.log.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "gamekeeper_agent",
                "run",
                env=inherited | self.environment | extra,
                stdout=output,
                stderr=output,
            )

    async def kill(self) -> None:
        """kill -9: no farewell, and the overlay stays where it is."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        if self.process is not None:
            await self.kill()
        file = self.folder / "overlay.pid"
        if file.exists():
            with suppress(ProcessLookupError, ValueError):
                os.kill(int(file.read_text().strip("[]").split(",")[0]), signal.SIGKILL)

    def waiting_segments(self) -> int:
        """How many stretches the seat keeps for a server that does not listen."""
        with sqlite3.connect(self.folder / "agent.db") as database:
            return database.execute("SELECT count(*) FROM segments").fetchone()[0]


@asynccontextmanager
async def real_agent(
    client: httpx.AsyncClient, folder: Path, cable: Cable, display: str, **wishes: Any
) -> AsyncGenerator[tuple[RealAgent, Machine]]:
    """Enrol a machine and run the agent on it until the block ends."""
    machine = Machine(folder, cable.port)
    enrolled = (await machine.ask(client, await machine.claim(client, **wishes))).json()
    machine.take(enrolled)
    state = folder / "state"
    state.mkdir(mode=0o700)
    key = machine.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    save_certificate(state, key, machine.chain, machine.ca)
    identity = Identity(
        device_id=machine.id,
        server="http://127.0.0.1",
        gateway=Gateway("127.0.0.1", cable.port),
        trust_domain=enrolled["trust_domain"],
    )
    save_identity(state, identity)
    save_policy(state, Policy(mode=Mode.KIOSK))
    agent = RealAgent(state, {"DISPLAY": display, "GAMEKEEPER_AGENT_STATE": str(state)})
    try:
        yield agent, machine
    finally:
        await agent.stop()
