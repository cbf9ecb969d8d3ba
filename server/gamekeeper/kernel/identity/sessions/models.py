"""The tables of sign-ins and their refresh tokens, and the rule that tells a lost answer from a stolen token."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, choice, new_id

LIFETIME = timedelta(days=7)
"""How long a refresh token is good for; each use starts it anew."""

GRACE = timedelta(seconds=10)
"""How long a browser may show a refresh token again: two tabs, or an answer that was lost on the way."""


class End(StrEnum):
    """Why a sign-in ended."""

    SIGNED_OUT = "signed_out"
    REVOKED = "revoked"
    EVERYWHERE = "everywhere"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, not a secret
    REUSED = "reused"


class Refreshing(StrEnum):
    """What to do with a refresh token that is shown."""

    ROTATE = "rotate"
    REPEAT = "repeat"
    EXPIRED = "expired"
    REUSED = "reused"


class AuthSession(Base, kw_only=True):
    """One sign-in on one device: the family of the refresh tokens that follow each other.

    Every token has a generation. Showing one of the current generation begins the next; showing an older one is a
    copy in somebody else's hands and ends the family.

    The tabs of a browser share their cookie, and may show it at the same moment, or again because an answer was lost
    on the way. So for GRACE after a generation began, a browser gets one more token of it for the generation before,
    and for the same one, which does not begin yet another. Such siblings are told apart as soon as one of them has
    moved on: then the other is old. A program has no tabs, so it has no grace either.
    """

    __tablename__ = "auth_sessions"
    __table_args__ = (choice("end_reason", End), Index("ix_auth_sessions_user", "user_id", "ip"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    ip: Mapped[str]
    user_agent: Mapped[str]
    second_factor: Mapped[bool]
    generation: Mapped[int] = mapped_column(default=0)
    advanced_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    end_reason: Mapped[str | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)

    def live(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return self.ended_at is None and now < self.expires_at

    def judge(self, generation: int, now: datetime, *, browser: bool) -> Refreshing:
        """What a token of `generation` means now; see the class."""
        if self.ended_at is not None or now >= self.expires_at:
            return Refreshing.EXPIRED
        grace = browser and self.generation > 0 and now < self.advanced_at + GRACE
        if generation == self.generation:
            return Refreshing.REPEAT if grace else Refreshing.ROTATE
        return Refreshing.REPEAT if grace and generation == self.generation - 1 else Refreshing.REUSED

    def advance(self, now: datetime) -> None:
        """Begin the next generation."""
        self.generation += 1
        self.advanced_at = now

    def use(self, ip: str, user_agent: str, now: datetime) -> None:
        """Remember from where it was last used, and let it live on from now."""
        self.ip, self.user_agent, self.last_used_at = ip, user_agent, now
        self.expires_at = now + LIFETIME

    def end(self, reason: End, now: datetime) -> bool:
        """End it; False when it had ended before."""
        if self.ended_at is not None:
            return False
        self.ended_at, self.end_reason = now, reason.value
        return True


class RefreshToken(Base, kw_only=True):
    """A refresh token that was given out, by its SHA-256: 256 random bits need no slower hash."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index("ix_refresh_tokens_session", "session_id", "generation"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("auth_sessions.id", ondelete="CASCADE"))
    generation: Mapped[int]
    expires_at: Mapped[datetime]
