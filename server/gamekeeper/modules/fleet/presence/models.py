"""The narrow table of who is connected, and the gateways that say so."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, func
from sqlalchemy.dialects.postgresql import REAL
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.database import Base, Tenanted, choice


class Link(StrEnum):
    """What the gateway knows of a device's connection."""

    NEVER_SEEN = "never_seen"
    ONLINE = "online"
    DEGRADED = "degraded"
    OFFLINE = "offline"


class DeviceState(StrEnum):
    """What a person is shown: the link, unless maintenance or revocation says more."""

    ONLINE = "online"
    DEGRADED = "degraded"
    OFFLINE = "offline"
    MAINTENANCE = "maintenance"
    NEVER_SEEN = "never_seen"
    REVOKED = "revoked"


def shown(link: str, *, maintenance: bool, revoked: bool) -> DeviceState:
    """The state of a device. `queries.STATE` says the same in SQL."""
    if revoked:
        return DeviceState.REVOKED
    if maintenance:
        return DeviceState.MAINTENANCE
    return DeviceState(link)


@dataclass(frozen=True, slots=True)
class Change:
    """The link of one connection (`epoch`) of a device is now so; `at` is the server's time."""

    organization_id: UUID
    id: UUID
    epoch: int
    link: Link
    at: datetime
    reason: str = ""
    ip: str = ""


class DevicePresence(Tenanted, Base):
    """One row for each device, apart from the wide one because it is written every few seconds.

    Half of each page stays empty, so that an update finds room beside the row and touches no index.
    """

    __tablename__ = "device_presence"
    __table_args__ = (
        choice("state", Link),
        ForeignKeyConstraint(["organization_id", "id"], ["devices.organization_id", "devices.id"], ondelete="CASCADE"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of the newest connection; only it may write."""
    node: Mapped[UUID | None] = mapped_column(default=None)
    state: Mapped[str] = mapped_column(default=Link.NEVER_SEEN, server_default=Link.NEVER_SEEN)
    since: Mapped[datetime | None] = mapped_column(default=None)
    last_seen: Mapped[datetime | None] = mapped_column(default=None)
    offline_reason: Mapped[str] = mapped_column(default="", server_default="")
    """Why it is offline, or what is wrong while it is degraded."""
    ip: Mapped[str] = mapped_column(default="", server_default="")
    cpu: Mapped[float | None] = mapped_column(REAL, default=None)
    memory: Mapped[float | None] = mapped_column(REAL, default=None)
    temperature: Mapped[float | None] = mapped_column(REAL, default=None)
    disk: Mapped[float | None] = mapped_column(REAL, default=None)
    latency: Mapped[float | None] = mapped_column(REAL, default=None)


class GatewayNode(Base, kw_only=True):
    """A running gateway. Global: one serves every organization."""

    __tablename__ = "gateway_nodes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)
    beat_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)
    leaving: Mapped[bool] = mapped_column(default=False, server_default="false")
    """It went on purpose: its devices are given a moment to come back before anybody is told."""
