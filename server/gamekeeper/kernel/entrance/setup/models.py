"""The table of set-up links."""

from datetime import datetime, timedelta

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base

LIFETIME = timedelta(days=1)


class SetupLink(Base, kw_only=True):
    """A link that makes the first owner, by its token's SHA-256. Good once, and only while nobody has an account."""

    __tablename__ = "setup_links"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime]
