"""A machine with an enrolled agent: a state folder and the agent's real process."""

import asyncio
import json
import os
import sqlite3
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from agent.tests.authority import TRUST_DOMAIN, Authority
from agent.tests.gateway import DEVICE

from gamekeeper_agent import keys
from gamekeeper_agent.identity import Gateway as GatewayAddress
from gamekeeper_agent.identity import Identity, save_certificate, save_identity
from gamekeeper_agent.policy import Policy, save_policy


class Machine:
    def __init__(self, folder: Path, authority: Authority, port: int, **policy: Any) -> None:
        self.folder = folder
        self.port = port
        self.environment: dict[str, str] = {}
        self.process: asyncio.subprocess.Process | None = None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.certify(authority)
        save_policy(folder, Policy(**policy))

    def certify(self, authority: Authority, trust: Authority | None = None, **lifetime: timedelta) -> None:
        key = keys.make_key()
        chain = authority.certify_device(keys.make_request(key, "test"), DEVICE, **lifetime)
        save_certificate(self.folder, keys.key_pem(key), chain, (trust or authority).pem)
        save_identity(
            self.folder,
            Identity(
                device_id=DEVICE,
                server="http://127.0.0.1",
                gateway=GatewayAddress("127.0.0.1", self.port),
                trust_domain=TRUST_DOMAIN,
            ),
        )

    async def start(self, *, display: str | None = None, **extra: str) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "LD_PRELOAD"}}
        environment |= {"GAMEKEEPER_AGENT_STATE": str(self.folder)} | extra
        if display is not None:
            environment["DISPLAY"] = display
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gamekeeper_agent", "run", env=environment
        )

    async def kill(self) -> None:
        """As a power cut would: no farewell."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            try:
                async with asyncio.timeout(10):
                    await self.process.wait()
            except TimeoutError:
                await self.kill()

    def samples(self) -> list[int]:
        with sqlite3.connect(self.folder / "agent.db") as database:
            return [row[0] for row in database.execute("SELECT ts FROM samples ORDER BY id")]

    def pretend_another_boot(self, minutes_ago: float) -> None:
        """As if the seat had last been saved then, before a reboot."""
        with sqlite3.connect(self.folder / "agent.db") as database:
            (text,) = database.execute("SELECT value FROM meta WHERE key = 'seat'").fetchone()
            seat = json.loads(text)
            seat["boot_id"] = "earlier-boot"
            seat["seen"][1] -= int(minutes_ago * 60_000)
            database.execute("UPDATE meta SET value = ? WHERE key = 'seat'", (json.dumps(seat),))
