"""What the database knows of a file; its content lies in the storage under a key made of ids."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from gamekeeper.kernel.database import Base, Tenanted, Timestamped


class File(Tenanted, Timestamped, Base):
    """A stored file. `name` is what people see and never a path; `type` was found out from the content."""

    __tablename__ = "files"
    __table_args__ = (
        CheckConstraint("size >= 0", name="size"),
        Index("ix_files_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    )

    name: Mapped[str]
    type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    purpose: Mapped[str]
    expires_at: Mapped[datetime | None]
    """When it is deleted by itself; None keeps it."""

    @property
    def key(self) -> str:
        """Where its content lies."""
        return key_of(self.organization_id, self.id)


def key_of(organization_id: UUID, file_id: UUID) -> str:
    """The key of a file's content: ids only, so that no name can ever lead elsewhere."""
    return f"{organization_id}/{file_id}"
