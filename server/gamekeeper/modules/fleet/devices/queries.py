"""The list of devices, which is looked at all day: one statement, rows to JSON without a detour through entities."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from gamekeeper.kernel.caller import Caller
from gamekeeper.kernel.database.pools import Connection
from gamekeeper.modules.fleet.permissions import May

STATE = "CASE WHEN d.revoked_at IS NOT NULL THEN 'revoked' WHEN d.maintenance THEN 'maintenance' ELSE p.state END"
"""What people see of a device; `presence.models.shown` says the same in Python."""

_COLUMNS = f"""
SELECT d.id, d.name, d.hostname, d.site_id, d.group_id, d.kind, d.mode, d.location, d.os, d.agent_version,
       d.approval, d.maintenance, {STATE} AS status, p.state AS connection, p.since, p.last_seen,
       p.offline_reason AS reason, p.ip, p.cpu, p.memory, p.temperature, p.disk, p.latency,
       ARRAY(SELECT t.tag FROM device_tags t
             WHERE t.organization_id = d.organization_id AND t.device_id = d.id ORDER BY t.tag) AS tags
"""  # noqa: S608 - made of constants; what people type is always an argument

_FROM = """
FROM devices d JOIN device_presence p ON p.organization_id = d.organization_id AND p.id = d.id
WHERE d.organization_id = $1
"""

_WITHIN_GROUP = """d.group_id IN (
    WITH RECURSIVE inside AS (
        SELECT g.id FROM device_groups g WHERE g.organization_id = $1 AND g.id = {0}
        UNION
        SELECT g.id FROM device_groups g JOIN inside i ON g.parent_id = i.id WHERE g.organization_id = $1
    ) SELECT id FROM inside)"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What narrows the list; several values of one field mean any of them, several tags mean all."""

    states: Sequence[str] = ()
    site_id: UUID | None = None
    group_id: UUID | None = None
    tags: Sequence[str] = ()
    modes: Sequence[str] = ()
    kinds: Sequence[str] = ()
    approval: str | None = None
    q: str = ""
    """Beginning of the name or the host name, whatever its case."""


@dataclass(slots=True)
class _Statement:
    arguments: list[Any]
    conditions: list[str] = field(default_factory=list[str])

    def add(self, condition: str, argument: Any) -> None:
        """One condition; `{0}` is its argument."""
        self.arguments.append(argument)
        self.conditions.append(condition.format(f"${len(self.arguments)}"))

    def where(self) -> str:
        """Everything after the first condition."""
        return "".join(f" AND {condition}" for condition in self.conditions)


async def page(
    connection: Connection, caller: Caller, wanted: Filter, limit: int, after: tuple[str, UUID] | None
) -> list[asyncpg.Record]:
    """Devices in the order of their names, at most `limit`, after the place that a cursor names."""
    statement = _narrowed(caller, wanted)
    if after is not None:
        statement.arguments += after
        place = len(statement.arguments)
        statement.conditions.append(f"(d.name, d.id) > (${place - 1}, ${place})")
    statement.arguments.append(limit)
    return await connection.fetch(
        f"{_COLUMNS}{_FROM}{statement.where()} ORDER BY d.name, d.id LIMIT ${len(statement.arguments)}",
        *statement.arguments,
    )


async def counts(connection: Connection, caller: Caller, wanted: Filter) -> list[asyncpg.Record]:
    """How many devices of each state fit the filter, and how many of them wait for approval."""
    statement = _narrowed(caller, wanted, by_state=False)
    return await connection.fetch(
        f"""SELECT {STATE} AS status, count(*) AS devices, count(*) FILTER (WHERE d.approval = 'pending') AS pending
            {_FROM}{statement.where()} GROUP BY 1""",
        *statement.arguments,
    )


async def tags(connection: Connection, caller: Caller) -> list[asyncpg.Record]:
    """Every tag that is in use, with how many devices have it."""
    statement = _narrowed(caller, Filter(), by_state=False)
    return await connection.fetch(
        f"""SELECT t.tag, count(*) AS devices FROM device_tags t
            WHERE t.organization_id = $1 AND t.device_id IN (SELECT d.id {_FROM}{statement.where()})
            GROUP BY t.tag ORDER BY t.tag LIMIT 500""",  # noqa: S608 - the same
        *statement.arguments,
    )


def _narrowed(caller: Caller, wanted: Filter, *, by_state: bool = True) -> _Statement:
    statement = _Statement([caller.organization_id])
    _permitted(statement, caller)
    if by_state and wanted.states:
        statement.add(f"{STATE} = ANY({{0}})", list(wanted.states))
    elif by_state:
        statement.conditions.append("d.revoked_at IS NULL")
    if wanted.site_id is not None:
        statement.add("d.site_id = {0}", wanted.site_id)
    if wanted.group_id is not None:
        statement.add(_WITHIN_GROUP, wanted.group_id)
    for tag in wanted.tags:
        statement.add(
            "EXISTS (SELECT 1 FROM device_tags t WHERE t.organization_id = $1 AND t.device_id = d.id AND t.tag = {0})",
            tag,
        )
    if wanted.modes:
        statement.add("d.mode = ANY({0})", list(wanted.modes))
    if wanted.kinds:
        statement.add("d.kind = ANY({0})", list(wanted.kinds))
    if wanted.approval is not None:
        statement.add("d.approval = {0}", wanted.approval)
    if wanted.q:
        statement.add("(starts_with(lower(d.name), {0}) OR starts_with(lower(d.hostname), {0}))", wanted.q.lower())
    return statement


def _permitted(statement: _Statement, caller: Caller) -> None:
    if caller.may(May.VIEW):
        return
    resources = caller.granted(May.VIEW)
    if not resources:
        raise caller.refusal(May.VIEW)
    statement.add("(d.id = ANY({0}) OR d.group_id = ANY({0}) OR d.site_id = ANY({0}))", list(resources))
