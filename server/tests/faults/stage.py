"""Gamekeeper in its parts, each a process that can be killed and comes back, on a database that can be killed too."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psutil
from websockets import ConnectionClosed, InvalidHandshake
from websockets.asyncio.client import connect

from gamekeeper.commands.process import ground, opened
from gamekeeper.kernel.database.embedded import EmbeddedPostgres
from gamekeeper.kernel.entrance.setup.service import ensure_first_owner
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.settings import Settings
from gamekeeper.simulate.enrolment import Member, Wanted, enrol
from gamekeeper.simulate.machine import SimulatedMachine, Watcher
from gamekeeper.simulate.swarm import behavior_of
from gamekeeper_agent.link.endpoint import Endpoint
from gamekeeper_wire.server import CommandRequest, ServerFrame, Welcome
from tests.running import OWNER, data_folder, environment_for

PARTS = ("web", "gateway", "worker")


class Part:
    """One process of Gamekeeper, supervised by the test as by an operator's service manager."""

    def __init__(self, name: str, environment: dict[str, str], log: Path) -> None:
        self.name = name
        self._environment = environment
        self._log = log
        self.process = self._begin()

    def _begin(self) -> "subprocess.Popen[bytes]":
        with self._log.open("a") as file:
            return subprocess.Popen(
                [sys.executable, "-m", "gamekeeper", self.name],
                env=self._environment,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """Without a word, at whatever line it is."""
        self.process.kill()
        self.process.wait()

    async def supervise(self) -> None:
        """Begin it again whenever it ended, as a service manager does."""
        while True:
            if self.process.poll() is not None:
                self.process = self._begin()
            await asyncio.sleep(0.5)

    def said(self) -> str:
        """Its errors, and the end of its log."""
        log = self._log.read_text()
        errors = [line for line in log.splitlines() if '"level": "error"' in line]
        return "\n".join([*errors[-3:], log[-1000:]])


class Machine(SimulatedMachine):
    """Reads every fifth of a second, remembers what the server acknowledged and what it was asked to do."""

    def __init__(self, member: Member, endpoint: Endpoint, place: int) -> None:
        super().__init__(member.name, endpoint, behavior_of(place), Watcher())
        self.device_id = member.device_id
        self.stored: set[int] = set()
        self.done: list[str] = []
        buffer, forget = self._buffer, self._buffer.forget

        def acknowledged(batch_id: str) -> None:
            batch = buffer._batch  # pyright: ignore[reportPrivateUsage] - what is about to be forgotten
            if batch is not None and batch.batch_id == batch_id:
                self.stored |= {sample.ts for sample in batch.samples}
            forget(batch_id)

        buffer.forget = acknowledged

    async def welcomed(self, welcome: Welcome) -> None:
        await super().welcomed(welcome)
        # The server's minute would be too slow to lose anything.
        self.connection._set_intervals(welcome.heartbeat_seconds, 0.2)  # pyright: ignore[reportPrivateUsage]

    async def received(self, frame: ServerFrame) -> None:
        if isinstance(frame, CommandRequest) and frame.command_id not in self.done:
            self.done.append(frame.command_id)
        await super().received(frame)


@dataclass
class Listener:
    """A browser's socket that resumes: everything of the audit log, in the order in which it came."""

    address: str
    token: str
    heard: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    gaps: int = 0
    resumed: int = 0
    _since: str | None = None

    async def run(self) -> None:
        while True:
            with contextlib.suppress(OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                async with connect(f"ws://{self.address}/ws", open_timeout=5) as socket:
                    await socket.send(json.dumps({"event": "authenticate", "data": {"token": self.token}}))
                    async for text in socket:
                        await self._take(json.loads(text), socket)
            await asyncio.sleep(0.1)

    async def _take(self, frame: dict[str, Any], socket: Any) -> None:
        if frame["event"] == "authenticated":
            data: dict[str, Any] = {"topics": ["audit"]} | ({"since": self._since} if self._since else {})
            self.resumed += self._since is not None
            await socket.send(json.dumps({"event": "subscribe", "data": data}))
        elif frame["event"] == "snapshot-needed":
            self.gaps += 1
        elif "actor" in frame:
            self.heard.append(frame)
        if frame.get("id") and frame["event"] != "snapshot-needed":
            self._since = frame["id"]


class Stage:
    """The parts, the database, some machines and a listener, all of them under load."""

    def __init__(self, environment: dict[str, str], postgres: EmbeddedPostgres, runtime: Runtime) -> None:
        self.environment = environment
        self.postgres = postgres
        self.runtime = runtime
        self.url = f"http://127.0.0.1:{environment['GAMEKEEPER_PORT']}"
        self.parts: dict[str, Part] = {}
        self.machines: list[Machine] = []
        self.client = httpx.AsyncClient(base_url=self.url, timeout=20)
        self.organization_id: UUID
        self.token = ""

    async def ready(self, seconds: float = 60) -> None:
        """Wait until every part answers."""
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(httpx.HTTPError):
                answer = await self.client.get("/api/v1/setup")
                if answer.is_success:
                    return
            assert time.monotonic() < deadline, {name: part.said() for name, part in self.parts.items()}
            await asyncio.sleep(0.1)

    def said(self) -> str:
        """What each part said last, and how each machine is: what a failed test needs to be understood."""
        parts = [f"== {name}\n{part.said()}" for name, part in self.parts.items()]
        machines = [f"{each.name}: connected {each.connection.is_connected}" for each in self.machines]
        return "\n".join([*parts, *machines])

    async def sign_in(self) -> None:
        answer = await self.client.post("/api/v1/auth/login", json=OWNER)
        assert answer.is_success, answer.text
        self.token = answer.json()["access_token"]
        self.client.headers["authorization"] = f"Bearer {self.token}"
        me = await self.client.get("/api/v1/me")
        self.organization_id = UUID(me.json()["organization_id"])

    async def kill(self, victim: str) -> None:
        """Kill one part, or the database's postmaster; its supervisor begins it again."""
        if victim == "database":
            data = Path(self.environment["GAMEKEEPER_DATA"])
            pid = int((data / "postgres" / "18" / "postmaster.pid").read_text().splitlines()[0])
            children = psutil.Process(pid).children()
            os.kill(pid, signal.SIGKILL)
            await asyncio.to_thread(psutil.wait_procs, children, 20)
        else:
            self.parts[victim].kill()


@asynccontextmanager
async def staged(folder: Path, machines: int) -> AsyncGenerator[Stage]:
    """Everything set up and running; all of it ended afterwards."""
    async with AsyncExitStack() as stack:
        data = stack.enter_context(data_folder())
        environment = environment_for(data)
        # Durable, as in production: what is acknowledged must survive the kill.
        postgres = EmbeddedPostgres(data)
        environment["DATABASE_URL"] = await postgres.start()
        stack.push_async_callback(postgres.stop)
        supervising = asyncio.create_task(postgres.supervise())
        stack.callback(supervising.cancel)
        migrated = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "gamekeeper", "migrate"],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert migrated.returncode == 0, migrated.stderr
        settings = Settings(
            data=data,
            DATABASE_URL=environment["DATABASE_URL"],  # pyright: ignore[reportCallIssue] - known by its alias
            admin_email=OWNER["email"],
            admin_password=OWNER["password"],  # pyright: ignore[reportArgumentType] - made secret by pydantic
        )
        found = await stack.enter_async_context(ground(settings))
        runtime = await stack.enter_async_context(opened(found))
        await ensure_first_owner(runtime)
        stage = Stage(environment, postgres, runtime)
        stack.push_async_callback(stage.client.aclose)
        for name in PARTS:
            part = stage.parts[name] = Part(name, environment, folder / f"{name}.log")
            stack.callback(part.kill)
            stack.callback(asyncio.create_task(part.supervise()).cancel)
        await stage.ready()
        await stage.sign_in()
        wanted = [Wanted(f"bench-{place}") for place in range(machines)]
        members = await enrol(runtime, stage.organization_id, wanted, folder / "machines")
        for place, member in enumerate(members):
            port = int(environment["GAMEKEEPER_AGENT_PORT"])
            endpoint = Endpoint("127.0.0.1", port, member.identity, member.identity.parent / "authority.pem")
            machine = Machine(member, endpoint, place)
            stage.machines.append(machine)
            running = asyncio.create_task(machine.connection.run())
            stack.callback(running.cancel)
        yield stage
