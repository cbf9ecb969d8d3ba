"""The table of accounts, and the one form of an e-mail address."""

import unicodedata
from datetime import datetime
from uuid import UUID

import idna
from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Timestamped, new_id
from gamekeeper.kernel.errors import Invalid

BROUGHT_ALONG = text("password_hash ~ '^[$]2[aby][$][0-9]{2}[$]'")
"""Accounts whose hash is another program's bcrypt. Few and fewer, so every sign-in can ask for the dearest."""


class User(Timestamped, Base, kw_only=True):
    """A person's account. It belongs to no organization: one person may be a member of several."""

    __tablename__ = "users"
    __table_args__ = (Index("ix_users_brought_along", "password_hash", postgresql_where=BROUGHT_ALONG),)

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


class AddressInvalid(Invalid):
    """This is not an e-mail address. Write it like name@example.com."""


def normalized(email: str) -> str:
    """The one form of an e-mail address: what two accounts may not share, and where mail goes.

    The part before the @ without case and with compatible characters folded: providers tell such names apart only in
    theory, and two accounts that look the same would be worse. The domain as the name system knows it (A-labels of
    IDNA 2008), never more: fußball.example and fussball.example belong to different people. Raises AddressInvalid.
    """
    local, at, domain = email.strip().rpartition("@")
    if not (local and at and domain):
        raise AddressInvalid
    if domain.isascii():
        host = domain.lower()
    else:
        try:
            host = idna.encode(domain, uts46=True, transitional=False).decode()
        except idna.IDNAError as error:
            raise AddressInvalid from error
    name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", local).lower())
    # Compatible forms of some accents begin with a blank, which no address has.
    if not name.isprintable() or any(sign.isspace() for sign in name):
        raise AddressInvalid
    return f"{name}@{host}"
