"""The table of events and the cursors of its readers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Identity, Index, Uuid, func, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from gamekeeper.kernel.database import Base, Tenanted


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's xid8: the 64-bit transaction id that never wraps."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in DDL."""
        return "xid8"


class EventRow(Tenanted, Base):
    """One recorded fact. Append-only: the application role may insert and read, and remove only what is old.

    (xid, position) is the order in which readers see the log: below the oldest running transaction it can no
    longer change, while `position` alone would let a late commit slip in behind a reader.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_log", "xid", "position", unique=False),
        Index("ix_events_subject", "organization_id", "subject_id", "id"),
        Index("ix_events_type", "organization_id", "type", "id"),
        Index("ix_events_actor", "organization_id", "actor_id", "id"),
        # The audit page reads past the rest, and housekeeping finds the rest without the audited ones.
        Index("ix_events_audited", "organization_id", "id", postgresql_where=text("audited")),
        Index("ix_events_live", "organization_id", "id", postgresql_where=text("NOT audited")),
    )

    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), init=False)
    xid: Mapped[int] = mapped_column(TransactionId(), server_default=text("pg_current_xact_id()"), init=False)
    type: Mapped[str]
    audited: Mapped[bool]
    subject_id: Mapped[UUID]
    subject_label: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_label: Mapped[str]
    request_id: Mapped[str]
    ip: Mapped[str]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)
    places: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}", init=False)
    """See `Recorded`. Never a filter: readers compare it with what their listeners may see."""


class EventCursor(Base):
    """How far a reader that must see every event has read. One owner each: it holds an advisory lock."""

    __tablename__ = "event_cursors"

    reader: Mapped[str] = mapped_column(primary_key=True)
    xid: Mapped[int] = mapped_column(TransactionId())
    position: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)
