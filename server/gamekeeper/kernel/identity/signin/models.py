"""How failed sign-ins slow down the next ones: by address, by account, and by both together."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base

FORGET = timedelta(hours=1)
"""After this long without a failure everything is forgiven."""


class SigninFailure(Base, kw_only=True):
    """Failures under one key, since the last success. The key is a keyed hash: the table names nobody."""

    __tablename__ = "signin_failures"
    __table_args__ = (Index("ix_signin_failures_last", "last_at"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Brake:
    """`free` failures cost nothing; then the wait is one second and doubles up to `longest`."""

    free: int
    longest: timedelta

    def wait(self, failures: int, last_at: datetime, now: datetime) -> timedelta:
        """How long until the next attempt is looked at; zero or less means at once."""
        if failures < self.free or now >= last_at + FORGET:
            return timedelta(0)
        seconds = min(2.0 ** min(failures - self.free, 30), self.longest.total_seconds())
        # Never longer than that, also when the clock ran ahead as the last one failed and was put right since.
        return min(last_at - now, timedelta(0)) + timedelta(seconds=seconds)


PAIR = Brake(free=5, longest=timedelta(minutes=15))
"""One address, or one known device, trying one account."""

ADDRESS = Brake(free=20, longest=timedelta(minutes=15))
"""One address trying whatever account; a venue's whole staff may share one."""

ACCOUNT = Brake(free=10, longest=timedelta(seconds=30))
"""Everybody trying one account. Short: strangers must not be able to keep the owner out on a new device."""
