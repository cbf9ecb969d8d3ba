"""Sealed secrets of organizations and of the installation."""

from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, MappedAsDataclass, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, Timestamped, new_id


class EnvelopeColumns(MappedAsDataclass, kw_only=True):
    """An envelope: `key_id` names the master key that wraps the key of the ciphertext."""

    purpose: Mapped[str]
    key_id: Mapped[str]
    wrapped_key: Mapped[bytes]
    ciphertext: Mapped[bytes]


class Secret(Tenanted, Timestamped, EnvelopeColumns, Base):
    """A secret of an organization, such as a broker's password."""

    __tablename__ = "secrets"
    __table_args__ = (Index("ix_secrets_key_id", "key_id"),)


class SystemSecret(Timestamped, EnvelopeColumns, Base):
    """A secret of a person or of the installation."""

    __tablename__ = "system_secrets"

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
