"""Tables of the certificate authority: its own certificates, and every one that it gave."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, choice, new_id, tenant_fk


class AuthorityKind(StrEnum):
    """What an authority signs."""

    ROOT = "root"
    DEVICES = "devices"
    GATEWAY = "gateway"


class CertificateAuthority(Base, kw_only=True):
    """One authority of the installation. Global: the organization stands in each leaf, not in the authority."""

    __tablename__ = "certificate_authorities"
    __table_args__ = (
        choice("kind", AuthorityKind),
        # One root, whatever two starting processes do at the same time.
        Index("uq_certificate_authorities_root", "kind", unique=True, postgresql_where=text("kind = 'root'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    kind: Mapped[str]
    certificate: Mapped[str]
    """PEM."""
    sealed_key: Mapped[bytes]
    trust_domain: Mapped[str]
    not_after: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)


class Certificate(Tenanted, Base):
    """A leaf that was given to a device, looked up by its serial at every connect."""

    __tablename__ = "certificates"
    __table_args__ = (
        UniqueConstraint("organization_id", "serial"),
        Index("ix_certificates_device", "organization_id", "device_id", "not_after"),
        Index("ix_certificates_key", "organization_id", "key_hash"),
        tenant_fk("devices", "device_id"),
    )

    device_id: Mapped[UUID]
    serial: Mapped[str]
    """Lower-case hexadecimal."""
    key_hash: Mapped[str]
    """SHA-256 of the public key (SubjectPublicKeyInfo), hexadecimal."""
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)
