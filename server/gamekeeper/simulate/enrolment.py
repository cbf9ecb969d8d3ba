"""Devices for a swarm, with certificates of the installation's own authority."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import select

from gamekeeper.kernel.caller import Access, Actor, ActorKind, Authenticated
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.authority.service import Authority, ensure
from gamekeeper.modules.fleet.devices.models import Device
from gamekeeper.modules.fleet.devices.service import Newcomer, admit
from gamekeeper.modules.fleet.enrolment.service import issue
from gamekeeper_wire.agent import Mode

_AT_ONCE = 50
_LEAST_LIFE = timedelta(days=1)
AUTHORITY = "authority.pem"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A device to have: its name and its place."""

    name: str
    site_id: UUID | None = None
    group_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A device of a swarm and the file with its key and certificate."""

    device_id: UUID
    name: str
    identity: Path


async def enrol(runtime: Runtime, organization_id: UUID, wanted: Sequence[Wanted], folder: Path) -> list[Member]:
    """Make the wanted devices and their certificates, or take those of an earlier run from `folder`.

    As enrolment does, without the claim tokens: a thousand machines would need a thousand of them. `folder` holds
    private keys and is closed to others.
    """
    authority = await ensure(runtime, datetime.now(UTC))
    _prepare(folder, authority)
    who = Authenticated(Actor(ActorKind.SYSTEM, label="Simulation"), organization_id, Access())
    members: list[Member] = []
    for start in range(0, len(wanted), _AT_ONCE):
        async with runtime.context(who) as ctx:
            some = wanted[start : start + _AT_ONCE]
            names = [each.name for each in some]
            rows = await ctx.scalars(
                select(Device).where(Device.organization_id == organization_id, Device.name.in_(names))
            )
            known: dict[str, Device] = {row.name: row for row in rows if row.revoked_at is None}
            members += [await _member(ctx, authority, each, known.get(each.name), folder) for each in some]
    return members


def _prepare(folder: Path, authority: Authority) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / AUTHORITY).write_text(authority.bundle())


async def _member(ctx: Context, authority: Authority, wanted: Wanted, device: Device | None, folder: Path) -> Member:
    file = folder / f"{wanted.name.replace(' ', '-').lower()}.pem"
    if device is not None and file.exists() and _is_good(file, authority, ctx.now):
        return Member(device.id, device.name, file)
    if device is None:
        newcomer = Newcomer(
            name=wanted.name,
            site_id=wanted.site_id,
            group_id=wanted.group_id,
            needs_approval=False,
            hostname=wanted.name.replace(" ", "-").lower(),
            mode=Mode.CONTROL,
            machine={"model": "Simulated"},
        )
        device = await admit(ctx, None, newcomer)
    key = ec.generate_private_key(ec.SECP256R1())
    issued = await issue(ctx, authority, device, key.public_key())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.touch(mode=0o600)
    file.write_bytes(pem + authority.chain(issued.leaf).encode())
    return Member(device.id, device.name, file)


def _is_good(file: Path, authority: Authority, now: datetime) -> bool:
    leaf = x509.load_pem_x509_certificates(file.read_bytes())[0]
    return leaf.not_valid_after_utc > now + _LEAST_LIFE and authority.is_ours(leaf)
