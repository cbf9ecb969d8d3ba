"""The table of device groups."""

from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, Timestamped, Versioned, tenant_fk
from gamekeeper.kernel.errors import Conflict, Invalid

MOST_DEPTH = 8


class GroupCycle(Conflict):
    """A group cannot lie inside itself. Choose another parent."""


class GroupTooDeep(Invalid):
    """Groups may be nested eight deep. Choose a parent nearer to the top."""


class DeviceGroup(Tenanted, Versioned, Timestamped, Base):
    """A group of devices; a grant on it reaches the devices directly in it."""

    __tablename__ = "device_groups"
    __table_args__ = (
        UniqueConstraint("organization_id", "parent_id", "name", postgresql_nulls_not_distinct=True),
        tenant_fk("device_groups", "parent_id", ondelete="SET NULL"),
    )

    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="", server_default="")
    parent_id: Mapped[UUID | None] = mapped_column(default=None)

    def check_move(self, ancestors: list[UUID], height: int) -> None:
        """Whether it may lie inside the group whose line of ancestors, itself first, is given.

        `height` is its own nesting below. Raises GroupCycle, GroupTooDeep.
        """
        if self.id in ancestors:
            raise GroupCycle
        if len(ancestors) + height > MOST_DEPTH:
            raise GroupTooDeep
