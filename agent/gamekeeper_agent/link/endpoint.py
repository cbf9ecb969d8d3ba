"""Where the gateway is and how its TLS must look."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from gamekeeper_wire.limits import PATH, SERVER_NAME


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The gateway's address, this device's key with its chain (one PEM file), and whom to trust."""

    host: str
    port: int
    identity: Path
    authority: Path

    @property
    def url(self) -> str:
        """The socket's address; an IPv6 host gets its brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"wss://{host}:{self.port}{PATH}"

    def tls(self) -> ssl.SSLContext:
        """TLS 1.3 only, our authority only, our certificate shown, the gateway's internal name checked."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(cafile=str(self.authority))
        context.load_cert_chain(str(self.identity))
        return context


NAME = SERVER_NAME
"""The name that the gateway's certificate carries, whatever address it is reached at."""
