"""Where the subjects of events are: the resources by which access to them may be granted, such as a device's site."""

from collections.abc import Iterable
from functools import cache
from typing import TypeAlias, cast
from uuid import UUID

from sqlalchemy import Table, inspect

from gamekeeper.kernel.database import Tenanted
from gamekeeper.kernel.database.pools import Connection

Subject: TypeAlias = tuple[type[Tenanted], UUID]

_kinds: dict[str, type[Tenanted]] = {}


def know(noun: str, model: type[Tenanted]) -> None:
    """Let `noun:<id>` name a row of `model`."""
    _kinds[noun] = model


def subjects(topics: Iterable[str]) -> list[Subject]:
    """The single things that topics name: of `("devices", "device:0192…")` the device. Only of kinds that are known."""
    found: list[Subject] = []
    for topic in topics:
        noun, _, id_ = topic.partition(":")
        model = _kinds.get(noun) if id_ else None
        if model is not None and model.granted_by:
            found.append((model, UUID(id_)))
    return found


@cache
def expression(models: tuple[type[Tenanted], ...], first: int) -> str:
    """SQL for the places of one row of each model, as uuid[]; organization is $1, the ids begin at `first`.

    A part of the statement that writes the event, so that what is stored is where the subject was at that moment.
    """
    found = (
        f"coalesce((SELECT {_columns(model)} FROM {_table(model)} s "  # noqa: S608 - names of our own
        f"WHERE s.organization_id = $1 AND s.id = ${place}), '{{}}')"
        for place, model in enumerate(models, first)
    )
    return " || ".join(found) or "'{}'::uuid[]"


async def find(connection: Connection, organization_id: UUID, wanted: Iterable[Subject]) -> dict[Subject, list[UUID]]:
    """Where subjects are now; one that is gone is left out."""
    ids: dict[type[Tenanted], set[UUID]] = {}
    for model, id_ in wanted:
        ids.setdefault(model, set()).add(id_)
    found: dict[Subject, list[UUID]] = {}
    for model, some in ids.items():
        rows = await connection.fetch(
            f"SELECT s.id, {_columns(model)} AS places FROM {_table(model)} s "  # noqa: S608 - the same
            "WHERE s.organization_id = $1 AND s.id = ANY($2)",
            organization_id,
            list(some),
        )
        found |= {(model, row["id"]): row["places"] for row in rows}
    return found


def _table(model: type[Tenanted]) -> str:
    return cast("Table", inspect(model).local_table).name


def _columns(model: type[Tenanted]) -> str:
    return f"array_remove(ARRAY[{', '.join(f's.{name}' for name in model.granted_by)}], NULL)"
