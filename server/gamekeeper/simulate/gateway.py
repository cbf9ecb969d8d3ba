"""A gateway of its own process, which can be measured and restarted."""

import asyncio
import os
import socket
import sys
import time
from dataclasses import dataclass

import psutil

_START_SECONDS = 60
_STOP_SECONDS = 30


class GatewayDied(RuntimeError):
    """The gateway's process ended by itself."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process used: seconds of processor time and bytes of memory, at a moment of the monotonic clock."""

    at: float
    cpu_seconds: float
    rss: int


class GatewayProcess:
    """`gamekeeper gateway` on this machine's loopback with the settings of this process."""

    def __init__(self, port: int | None = None) -> None:
        self.host = "127.0.0.1"
        self.port = port or free_port()
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it listens. Raises GatewayDied, TimeoutError."""
        environment = os.environ | {"GAMEKEEPER_AGENT_HOST": self.host, "GAMEKEEPER_AGENT_PORT": str(self.port)}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gamekeeper", "gateway", env=environment, stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(_START_SECONDS):
            while not await self._accepts():
                if self._process.returncode is not None:
                    raise GatewayDied(f"the gateway ended with status {self._process.returncode}")
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """Ask it to end, so that it drains; kill it when it does not."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def usage(self) -> Usage:
        """What it has used so far."""
        if self._process is None:
            raise GatewayDied("the gateway is not running")
        process = psutil.Process(self._process.pid)
        times = process.cpu_times()
        return Usage(time.monotonic(), times.user + times.system, process.memory_info().rss)

    async def _accepts(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            return False
        writer.close()
        return True


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
