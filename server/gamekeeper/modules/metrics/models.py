"""The tables of readings and of their roll-ups. They are filled and read by hand-written SQL, never as entities."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import REAL, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, MappedAsDataclass, mapped_column

from gamekeeper.kernel.database import Base

Real = Annotated[float, mapped_column(REAL)]
Small = Annotated[int, mapped_column(SmallInteger)]


class DeviceMetric(Base):
    """One sample of one device: percent, percent, degrees Celsius, percent, milliseconds.

    Partitioned by day (UTC). No foreign key: its check would cost every row of a COPY more than the row itself.
    """

    __tablename__ = "device_metrics"
    __table_args__ = (
        Index("ix_device_metrics_ts", "ts", postgresql_using="brin"),
        {"postgresql_partition_by": "RANGE (ts)"},
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    ts: Mapped[datetime] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    cpu: Mapped[Real | None]
    memory: Mapped[Real | None]
    temperature: Mapped[Real | None]
    disk: Mapped[Real | None]
    latency: Mapped[Real | None]


class Rolled(MappedAsDataclass, kw_only=True):
    """Columns of a roll-up: least, most, mean and last value of each metric in a bucket, and how many there were."""

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    bucket: Mapped[datetime] = mapped_column(primary_key=True)
    cpu_min: Mapped[Real | None]
    cpu_max: Mapped[Real | None]
    cpu_avg: Mapped[Real | None]
    cpu_last: Mapped[Real | None]
    cpu_count: Mapped[Small | None]
    memory_min: Mapped[Real | None]
    memory_max: Mapped[Real | None]
    memory_avg: Mapped[Real | None]
    memory_last: Mapped[Real | None]
    memory_count: Mapped[Small | None]
    temperature_min: Mapped[Real | None]
    temperature_max: Mapped[Real | None]
    temperature_avg: Mapped[Real | None]
    temperature_last: Mapped[Real | None]
    temperature_count: Mapped[Small | None]
    disk_min: Mapped[Real | None]
    disk_max: Mapped[Real | None]
    disk_avg: Mapped[Real | None]
    disk_last: Mapped[Real | None]
    disk_count: Mapped[Small | None]
    latency_min: Mapped[Real | None]
    latency_max: Mapped[Real | None]
    latency_avg: Mapped[Real | None]
    latency_last: Mapped[Real | None]
    latency_count: Mapped[Small | None]


class FiveMinutes(Rolled, Base):
    """Five minutes of one device, in month partitions."""

    __tablename__ = "metrics_5min"
    __table_args__ = ({"postgresql_partition_by": "RANGE (bucket)"},)


class Hour(Rolled, Base):
    """One hour of one device, in month partitions."""

    __tablename__ = "metrics_hour"
    __table_args__ = ({"postgresql_partition_by": "RANGE (bucket)"},)


class LateHour(Base):
    """An hour of a device that got rows after its roll-up. Not unique: a second row must not hide behind the first."""

    __tablename__ = "metrics_late"

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"), init=False)
    device_id: Mapped[UUID]
    hour: Mapped[datetime]


class Mark(Base):
    """How far the roll-ups have come: one row, `rollup`."""

    __tablename__ = "metrics_marks"

    tier: Mapped[str] = mapped_column(primary_key=True)
    through: Mapped[datetime]
