"""The tables of second factors and recovery codes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base


class MfaFactor(Base, kw_only=True):
    """A person's authenticator app. Only one: setting up another takes the place of the first."""

    __tablename__ = "mfa_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    secret_id: Mapped[UUID]
    """Where the app's secret is sealed, among the secrets of no organization."""
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
    """Null until a first code has shown that the app has the secret."""
    last_step: Mapped[int] = mapped_column(default=-1)
    """The 30-second step of the newest code that was taken: it and older ones are used up."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)


class RecoveryCode(Base, kw_only=True):
    """A code for when the phone is gone, by its keyed hash. Good once."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used_at: Mapped[datetime | None] = mapped_column(default=None)
