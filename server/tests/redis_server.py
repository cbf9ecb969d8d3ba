"""A real Redis for tests."""

import shutil
import subprocess
from pathlib import Path

from tests.running import free_ports


class Redis:
    """A real Redis on a port of its own, that can be killed and begun again."""

    def __init__(self, folder: Path) -> None:
        [self.port] = free_ports(1)
        self._folder = folder
        self.process = self._begin()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def _begin(self) -> "subprocess.Popen[bytes]":
        program = shutil.which("redis-server")
        assert program, "redis-server is missing; .ci/prepare installs it"
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        return subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def again(self) -> None:
        self.process = self._begin()
