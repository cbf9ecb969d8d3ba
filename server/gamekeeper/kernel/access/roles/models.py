"""The table of an organization's own roles."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from gamekeeper.kernel.database import Base, Tenanted, Timestamped


class Role(Tenanted, Timestamped, Base):
    """A named set of permissions that the organization made. The built-in ones come with the program."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    name: Mapped[str]
    permissions: Mapped[list[str]]
