"""Making the installation's authorities, loading them, and changing the one that signs devices."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.database.pools import Connection
from gamekeeper.kernel.errors import Unavailable
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.authority import profile, sealing
from gamekeeper.modules.fleet.authority.models import AuthorityKind
from gamekeeper.modules.fleet.authority.profile import Signer

HINT = "fleet:authority"
RENEW_BEFORE = timedelta(days=120)
"""An authority that signs is followed by another this long before its end, so that both are trusted meanwhile."""
_LOCK = 0x67616D65_6361  # "gameca": the advisory lock of whoever makes an authority


class AuthorityMissing(Unavailable):
    """There is no certificate authority, so no agent can be told from a stranger. Run gamekeeper migrate."""


class CertificateIssuer(Protocol):
    """What signs devices' certificates: the built-in authority, or another one with the same promises."""

    @property
    def trust_domain(self) -> str:
        """The domain in the name of every leaf."""
        ...

    def issue(
        self, key: ec.EllipticCurvePublicKey, organization_id: UUID, device_id: UUID, now: datetime, life: timedelta
    ) -> x509.Certificate:
        """A leaf of the profile for this key and this device."""
        ...

    def chain(self, leaf: x509.Certificate) -> str:
        """PEM of the leaf and what lies between it and the root."""
        ...

    def bundle(self) -> str:
        """PEM of what agents should trust."""
        ...


@dataclass(frozen=True, slots=True)
class Authority:
    """The built-in authority as it stands: the root, and every intermediate that still lives, newest first."""

    root: x509.Certificate
    devices: tuple[Signer, ...]
    gateways: tuple[Signer, ...]
    trust_domain: str

    def issue(
        self, key: ec.EllipticCurvePublicKey, organization_id: UUID, device_id: UUID, now: datetime, life: timedelta
    ) -> x509.Certificate:
        """A leaf for this key and this device, signed by the newest devices authority."""
        return profile.make_device_leaf(self.devices[0], key, organization_id, device_id, now, life)

    def chain(self, leaf: x509.Certificate) -> str:
        """PEM of the leaf and its issuer."""
        return profile.pem(leaf, *[s.certificate for s in self.devices if s.certificate.subject == leaf.issuer])

    def bundle(self) -> str:
        """PEM of the root, which is all that an agent needs to trust."""
        return profile.pem(self.root)

    @property
    def fingerprint(self) -> str:
        """The root's SHA-256, hexadecimal."""
        return profile.fingerprint(self.root)

    def is_ours(self, leaf: x509.Certificate) -> bool:
        """Whether a devices authority of ours signed the leaf, whatever its dates say."""
        return any(profile.was_issued_by(leaf, signer.certificate) for signer in self.devices)


async def ensure(runtime: Runtime, now: datetime) -> Authority:
    """Make what is missing of the authorities or will end soon, and load them. Safe to run anywhere, any time."""
    async with runtime.database.write(None) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        root = await _newest(connection, runtime, AuthorityKind.ROOT, now)
        if root is None:
            key = profile.make_key()
            domain = f"{secrets.token_hex(6)}.gamekeeper.internal"
            root = Signer(profile.make_root(key, domain, now), key, domain)
            await _keep(connection, runtime, AuthorityKind.ROOT, root)
        for kind in (AuthorityKind.DEVICES, AuthorityKind.GATEWAY):
            newest = await _newest(connection, runtime, kind, now)
            if newest is None or newest.certificate.not_valid_after_utc - now < RENEW_BEFORE:
                await _add(connection, runtime, kind, root, now)
    return await load(runtime, now)


async def rotate(runtime: Runtime, now: datetime) -> Authority:
    """Sign devices with a new authority from now on; what the old one signed stays valid."""
    async with runtime.database.write(None) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        root = await _newest(connection, runtime, AuthorityKind.ROOT, now)
        if root is None:
            raise AuthorityMissing
        await _add(connection, runtime, AuthorityKind.DEVICES, root, now)
    runtime.hints.poke(HINT)
    return await load(runtime, now)


async def load(runtime: Runtime, now: datetime) -> Authority:
    """The authorities that live. Raises AuthorityMissing or AuthorityUnreadable."""
    async with runtime.database.read(None) as connection:
        root = await _newest(connection, runtime, AuthorityKind.ROOT, now)
        devices = await _living(connection, runtime, AuthorityKind.DEVICES, now)
        gateways = await _living(connection, runtime, AuthorityKind.GATEWAY, now)
    if root is None or not devices or not gateways:
        raise AuthorityMissing
    return Authority(root.certificate, devices, gateways, root.trust_domain)


async def _add(connection: Connection, runtime: Runtime, kind: AuthorityKind, root: Signer, now: datetime) -> None:
    key = profile.make_key()
    # Each has a name of its own: a chain is built by names.
    certificate = profile.make_intermediate(root, f"{kind} {secrets.token_hex(3)}", key, now)
    await _keep(connection, runtime, kind, Signer(certificate, key, root.trust_domain))


async def _keep(connection: Connection, runtime: Runtime, kind: AuthorityKind, signer: Signer) -> None:
    await connection.execute(
        """INSERT INTO certificate_authorities (id, kind, certificate, sealed_key, trust_domain, not_after)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        new_id(),
        kind.value,
        profile.pem(signer.certificate),
        sealing.seal(signer.key, runtime.root_key, _sealed_as(kind, signer.certificate)),
        signer.trust_domain,
        signer.certificate.not_valid_after_utc,
    )


async def _newest(connection: Connection, runtime: Runtime, kind: AuthorityKind, now: datetime) -> Signer | None:
    living = await _living(connection, runtime, kind, now)
    return living[0] if living else None


async def _living(connection: Connection, runtime: Runtime, kind: AuthorityKind, now: datetime) -> tuple[Signer, ...]:
    rows = await connection.fetch(
        """SELECT certificate, sealed_key, trust_domain FROM certificate_authorities
           WHERE kind = $1 AND not_after > $2 ORDER BY id DESC""",
        kind.value,
        now,
    )
    return tuple(_opened(runtime, kind, row["certificate"], row["sealed_key"], row["trust_domain"]) for row in rows)


def _opened(runtime: Runtime, kind: AuthorityKind, certificate: str, sealed: bytes, trust_domain: str) -> Signer:
    parsed = x509.load_pem_x509_certificate(certificate.encode())
    key = sealing.unseal(sealed, runtime.root_key, _sealed_as(kind, parsed))
    return Signer(parsed, key, trust_domain)


def _sealed_as(kind: AuthorityKind, certificate: x509.Certificate) -> str:
    return f"{kind} {profile.serial_of(certificate)}"
