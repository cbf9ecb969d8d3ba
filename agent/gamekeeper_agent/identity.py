"""Who this machine is to its server: the enrolment's answer, on disk."""

from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct

from gamekeeper_agent.files import write_atomically
from gamekeeper_agent.link.endpoint import Endpoint

FILE = "identity.json"
KEY_AND_CHAIN = "device.pem"
AUTHORITY = "authority.pem"


class NotEnrolled(Exception):
    """This machine is not enrolled."""


class Gateway(Struct, frozen=True):
    """Where agents connect to."""

    host: str
    port: int


class Identity(Struct, frozen=True, kw_only=True):
    """What the server gave at enrolment, without keys."""

    device_id: UUID
    server: str
    gateway: Gateway
    trust_domain: str
    server_authority: str | None = None
    """A file of further roots to trust for the server's own address."""


def load_identity(folder: Path) -> Identity:
    """The enrolment of a state folder. Raises NotEnrolled."""
    path = folder / FILE
    if not path.exists():
        raise NotEnrolled(f"no enrolment in {folder}: run `gamekeeper-agent enrol` first")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Identity)
    except msgspec.DecodeError as error:
        raise NotEnrolled(f"{path}: {error}") from error


def save_certificate(folder: Path, key: bytes, chain: str, authority: str) -> None:
    """Key and chain go into one file, so that they can never be of two different enrolments."""
    write_atomically(folder / AUTHORITY, authority.encode())
    write_atomically(folder / KEY_AND_CHAIN, key + chain.encode())


def save_identity(folder: Path, identity: Identity) -> None:
    """Last of an enrolment's files: while it is missing, there is no enrolment."""
    write_atomically(folder / FILE, msgspec.json.encode(identity))


def endpoint(folder: Path, identity: Identity) -> Endpoint:
    """The gateway with this device's files."""
    return Endpoint(identity.gateway.host, identity.gateway.port, folder / KEY_AND_CHAIN, folder / AUTHORITY)
