"""Readings as a file: CSV or JSON, streamed in pages so that no transaction stays open while somebody downloads."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import asyncpg

from gamekeeper.kernel.context import Reader
from gamekeeper.kernel.database import Database
from gamekeeper.kernel.errors import TooLarge
from gamekeeper.kernel.http.spreadsheets import csv_of
from gamekeeper.modules.metrics.machines import Selection, machines
from gamekeeper.modules.metrics.permissions import May
from gamekeeper.modules.metrics.readings import Metric
from gamekeeper.modules.metrics.sources import TABLES
from gamekeeper.modules.metrics.tiers import Tier, check

MOST_ROWS = 1_000_000
_PAGE = 5_000
_FIRST = UUID(int=0)


class ExportTooLarge(TooLarge):
    """This export would have more than a million rows. Choose a shorter range, fewer devices or a coarser tier."""


class Format(StrEnum):
    """How the file is written."""

    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Export:
    """What goes into a file; the caller's right to it has been checked."""

    organization_id: UUID
    devices: Mapping[UUID, str]
    tier: Tier
    since: datetime
    until: datetime

    @property
    def columns(self) -> list[str]:
        """The value columns of a row."""
        if self.tier is Tier.RAW:
            return list(Metric)
        return [f"{metric}_{part}" for metric in Metric for part in ("min", "avg", "max")]

    @property
    def source(self) -> tuple[str, str]:
        """Table and time column."""
        return ("device_metrics", "ts") if self.tier is Tier.RAW else (TABLES[self.tier], "bucket")


async def prepare(ctx: Reader, selection: Selection, tier: Tier, since: datetime, until: datetime) -> Export:
    """Check the right and the size. Raises what `check` and `machines` raise, and ExportTooLarge."""
    check(since, until)
    seen = await machines(ctx, May.EXPORT, selection)
    export = Export(ctx.organization_id, seen, tier, since, until)
    table, time = export.source
    count = await ctx.connection.fetchval(
        f"""SELECT count(*) FROM (SELECT 1 FROM {table} WHERE organization_id = $1 AND device_id = ANY($2::uuid[])
            AND {time} >= $3 AND {time} < $4 LIMIT {MOST_ROWS + 1}) AS found""",  # noqa: S608 - our own names
        ctx.organization_id,
        list(seen),
        since,
        until,
    )
    if count > MOST_ROWS:
        raise ExportTooLarge
    return export


async def write(database: Database, export: Export, kind: Format) -> AsyncGenerator[bytes]:
    """The file's bytes, a page at a time, ordered by device and time."""
    pages = _pages(database, export)
    if kind is Format.CSV:
        yield csv_of([["device_id", "device", "time", *export.columns]]).encode()
        async for page in pages:
            yield csv_of((row[0], export.devices[row[0]], *row[1:]) for row in page).encode()
        return
    separator = b"[\n"
    async for page in pages:
        objects = [
            {"device_id": str(row[0]), "device": export.devices[row[0]], "time": row[1].isoformat()}
            | dict(zip(export.columns, row[2:], strict=True))
            for row in page
        ]
        yield separator + b",\n".join(json.dumps(each, ensure_ascii=False).encode() for each in objects)
        separator = b",\n"
    yield b"[]\n" if separator == b"[\n" else b"\n]\n"


async def _pages(database: Database, export: Export) -> AsyncGenerator[Sequence[asyncpg.Record]]:
    table, time = export.source
    # Through numeric: a real's shortest text is what the agent sent, its double is not.
    values = ", ".join(f"round({column}::numeric, 3)::double precision" for column in export.columns)
    statement = f"""SELECT device_id, {time}, {values} FROM {table}
        WHERE organization_id = $1 AND device_id = ANY($2::uuid[]) AND {time} >= $3 AND {time} < $4
          AND (device_id, {time}) > ($5, $6)
        ORDER BY device_id, {time} LIMIT {_PAGE}"""  # noqa: S608 - our own names
    device_id, after = _FIRST, export.since
    ids = list(export.devices)
    while True:
        async with database.read(export.organization_id) as connection:
            page = await connection.fetch(
                statement, export.organization_id, ids, export.since, export.until, device_id, after
            )
        if page:
            yield page
            device_id, after = page[-1][0], page[-1][1]
        if len(page) < _PAGE:
            return
