"""The base of every table: typed columns, UUIDv7 ids, organizations first in every key."""

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
