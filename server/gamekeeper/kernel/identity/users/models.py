"""The table of links that set a new password."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base

LIFETIME = timedelta(hours=1)
PAUSE = timedelta(minutes=2)
"""Between two mails to the same person: nobody's mailbox can be filled by strangers."""


class PasswordReset(Base, kw_only=True):
    """A link that sets a new password, by its token's SHA-256. One for each person: a new one ends the old one."""

    __tablename__ = "password_resets"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)
