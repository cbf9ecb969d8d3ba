"""What a connection asks of the agent behind it."""

from typing import Protocol

from gamekeeper_wire.agent import Heartbeat, Hello, Sample
from gamekeeper_wire.server import ServerFrame, Welcome


class Handler(Protocol):
    """The agent behind a connection: the real one, or a simulated one."""

    def hello(self) -> Hello:
        """The first frame of a connection."""
        ...

    def heartbeat(self) -> Heartbeat:
        """How it goes."""
        ...

    def sample(self, latency_ms: float | None) -> Sample:
        """A reading; the latency is the socket's last measured round trip."""
        ...

    async def welcomed(self, welcome: Welcome) -> None:
        """The server took the connection; frames may be sent from here on."""
        ...

    async def received(self, frame: ServerFrame) -> None:
        """A frame that the connection does not handle itself; must not wait for long."""
        ...

    def lost(self, reason: str) -> None:
        """The connection ended, or an attempt failed."""
        ...
