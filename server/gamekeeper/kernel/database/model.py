"""The base of every table: typed columns, UUIDv7 ids, organizations first in every key."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, ForeignKeyConstraint, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7: unique everywhere and ordered by time, so that indexes grow at one end."""
    return uuid7()


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Every table. A forgotten column is a type error; a hidden query is an exception (`lazy="raise"`)."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text(),
        int: BigInteger(),
        dict[str, Any]: JSONB(),
        list[str]: JSONB(),
    }


class Tenanted(MappedAsDataclass, kw_only=True):
    """A row of one organization. Its primary key is (organization_id, id), and so is every reference to it."""

    granted_by: ClassVar[tuple[str, ...]] = ("id",)
    """Columns whose value may be the resource of a grant, such as the device itself, its group or its site."""

    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True, sort_order=-20
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id, sort_order=-19)


class Timestamped(MappedAsDataclass, kw_only=True):
    """When a row was made and last changed, by the database's clock."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False, sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.now(), onupdate=func.now(), init=False, sort_order=91
    )


Expect = Callable[[int], None]
"""Raises PreconditionFailed unless the version of the row, which is locked, is the one that an editor has read."""


class Versioned(MappedAsDataclass, kw_only=True):
    """A row that two people may have open at once: an edit says which version it stands on."""

    version: Mapped[int] = mapped_column(default=1, server_default="1", sort_order=80)
    """Rises with every change by a person; what machines report does not count."""

    def news(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the new values that differ from what is there."""
        return {name: value for name, value in changes.items() if getattr(self, name) != value}

    def edit(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Take over new values, as a new version if any is news; answers the news, ready for JSON."""
        news = self.news(changes)
        for name, value in news.items():
            setattr(self, name, value)
        self.version += 1 if news else 0
        return {name: str(value) if isinstance(value, UUID) else value for name, value in news.items()}


def tenant_fk(table: str, column: str, *, ondelete: str = "CASCADE") -> ForeignKeyConstraint:
    """A reference inside one organization. `ondelete="SET NULL"` nulls only `column`, not the organization."""
    action = f"SET NULL ({column})" if ondelete == "SET NULL" else ondelete
    return ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], ondelete=action
    )


def choice(column: str, values: type[StrEnum]) -> CheckConstraint:
    """TEXT + CHECK: a native ENUM's equality is not leakproof, so its index is unused under row-level security."""
    allowed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)
