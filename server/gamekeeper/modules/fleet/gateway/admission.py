"""Whether a certificate that passed TLS may have a connection: looked up at every connect."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography import x509

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.authority import profile
from gamekeeper.modules.fleet.devices.models import Approval
from gamekeeper_wire.close import CloseCode

# Showing a certificate proves that the machine holds it, and only then are the older ones of no more use: an answer
# with the next one may be lost on its way, again and again.
_LOOK_UP = """
WITH known AS (
    SELECT c.id, d.name, d.site_id, d.approval, d.revoked_at IS NOT NULL OR c.revoked_at IS NOT NULL AS revoked,
           d.log_level, d.log_until
    FROM certificates c JOIN devices d ON d.organization_id = c.organization_id AND d.id = c.device_id
    WHERE c.organization_id = $1 AND c.serial = $2 AND c.device_id = $3
), older AS (
    UPDATE certificates o SET revoked_at = now() FROM known k
    WHERE o.organization_id = $1 AND o.device_id = $3 AND o.id < k.id AND o.revoked_at IS NULL
      AND NOT k.revoked AND k.approval = 'approved'
)
SELECT *, nextval('device_epochs') AS epoch FROM known
"""


class TurnedAway(Exception):
    """A connection is closed before it begins."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        """The close code, and a sentence for the agent's log."""
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Admitted:
    """A device that may connect. `epoch` makes this its newest connection everywhere."""

    organization_id: UUID
    id: UUID
    serial: str
    not_after: datetime
    epoch: int
    name: str
    site_id: UUID | None
    log_level: str | None
    log_until: datetime | None


def shown(transport: Any) -> bytes:
    """The client's certificate (DER) of a TLS transport. Raises TurnedAway without one."""
    tls = transport.get_extra_info("ssl_object")
    der: bytes | None = tls.getpeercert(True) if tls is not None else None
    if der is None:
        raise TurnedAway(CloseCode.UNKNOWN_DEVICE, "no certificate was shown")
    return der


async def admit(runtime: Runtime, trust_domain: str, der: bytes) -> Admitted:
    """The device behind a certificate. Raises TurnedAway; what asyncpg raises when the database is away."""
    try:
        name = profile.name_of(x509.load_der_x509_certificate(der), trust_domain)
    except (ValueError, profile.ProfileViolation) as error:
        raise TurnedAway(CloseCode.UNKNOWN_DEVICE, f"this certificate is not a device's: {error}"[:100]) from error
    if name.not_after <= datetime.now(UTC):
        raise TurnedAway(CloseCode.CERTIFICATE_EXPIRED, "the certificate has expired")
    async with runtime.database.write(name.organization_id) as connection:
        row = await connection.fetchrow(_LOOK_UP, name.organization_id, name.serial, name.device_id)
    if row is None:
        raise TurnedAway(CloseCode.UNKNOWN_DEVICE, "this certificate belongs to no device")
    if row["revoked"]:
        raise TurnedAway(CloseCode.REVOKED, "this certificate was revoked")
    if row["approval"] != Approval.APPROVED:
        raise TurnedAway(CloseCode.REVOKED, "this device is not approved")
    return Admitted(
        organization_id=name.organization_id,
        id=name.device_id,
        serial=name.serial,
        not_after=name.not_after,
        epoch=row["epoch"],
        name=row["name"],
        site_id=row["site_id"],
        log_level=row["log_level"],
        log_until=row["log_until"],
    )
