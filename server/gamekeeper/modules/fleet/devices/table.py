"""The list of devices as a table for a spreadsheet."""

from collections.abc import Iterable

import asyncpg

from gamekeeper.kernel.http.spreadsheets import csv_of

MOST_ROWS = 10_000
_COLUMNS = (
    "name", "status", "reason", "last_seen", "hostname", "kind", "mode", "location", "os", "agent_version", "ip",
    "cpu", "memory", "temperature", "disk", "latency", "tags", "id",
)  # fmt: skip


def as_csv(rows: Iterable[asyncpg.Record]) -> str:
    """CSV with a header."""
    return csv_of([_COLUMNS, *([row[column] for column in _COLUMNS] for row in rows)])
