"""The table of accounts."""

import unicodedata
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Timestamped, new_id


class User(Timestamped, Base, kw_only=True):
    """A person's account. It belongs to no organization: one person may be a member of several."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    email: Mapped[str] = mapped_column(unique=True)
    """Normalized; see `normalized`."""
    name: Mapped[str]
    password_hash: Mapped[str] = mapped_column(repr=False)
    last_signin_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def label(self) -> str:
        """What the audit log calls the person."""
        return self.name or self.email


def normalized(email: str) -> str:
    """The one form of an e-mail address: compatible characters folded, no case, no space around it.

    Providers tell apart addresses that differ in case only in theory; two accounts that look the same would be worse.
    """
    return unicodedata.normalize("NFKC", email).strip().casefold()
