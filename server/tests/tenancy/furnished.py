"""An organization with one of everything, made with the product's own doors, every name of it carrying a mark."""

import secrets
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import httpx

from gamekeeper.kernel.runtime import Runtime
from tests.modules.venue.seats import free_seat
from tests.world import World

TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND has_table_privilege(c.oid, 'SELECT')
  AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id')
ORDER BY c.relname
"""

MOVING = {
    "events": "Rival's own background work goes on meanwhile",
    "jobs": "the same",
    "device_presence": "a machine's absence is noticed meanwhile",
    "idempotency_keys": "the same",
}
"""Tables that may change by themselves while the test runs."""


@dataclass
class Furnished:
    """What stands in the other organization."""

    mark: str = field(default_factory=lambda: f"Rival{secrets.token_hex(6)}")
    ids: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """By table."""

    @property
    def samples(self) -> list[str]:
        """One id of each table."""
        return [ids[0] for ids in self.ids.values() if ids]


class Furnisher:
    """Makes one of everything as the owner of an organization."""

    def __init__(self, client: httpx.AsyncClient, world: World, mark: str) -> None:
        self._client = client
        self._headers = world.headers(world.rex)
        self._mark = mark
        # The same world seen by the other owner.
        self._own = replace(world, ada=world.rex, lantern=world.rival, hall=world.annex)

    async def make(self, verb: str, path: str, **body: Any) -> Any:
        """One call that must work."""
        headers = {**self._headers, "idempotency-key": secrets.token_hex(8)}
        answer = await self._client.request(verb, f"/api/v1/{path}", json=body or None, headers=headers)
        assert answer.is_success, f"{verb} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content else None

    async def furnish(self) -> None:
        """One of everything that has a door."""
        mark, site = self._mark, self._own.hall
        member = await self.make(
            "POST",
            "users",
            email=f"{mark.lower()}@example.com",
            name=mark,
            password=secrets.token_urlsafe(16),
            roles=["staff"],
            sites=[str(site)],
        )
        await self.make("PATCH", "venue-policy", grace_seconds=30)
        await self.make("POST", "teams", name=mark, site_id=str(site), user_ids=[member["id"]])
        await self.make("POST", "roles", name=mark, permissions=["kernel.site.read"])
        await self.make("POST", "invitations", email=f"i{mark.lower()}@example.com", name=mark, roles=["staff"])
        group = await self.make("POST", "device-groups", name=mark, description=mark)
        device = await self.make("POST", "devices", name=mark, site_id=str(site), group_id=group["id"], tags=[mark])
        await self.make(
            "POST",
            "grants",
            user_id=member["id"],
            resource_kind="device",
            resource_id=device["id"],
            permissions=["fleet.device.view"],
        )
        await self.make("POST", "claim-tokens", label=mark, site_id=str(site))
        await self.make("POST", f"devices/{device['id']}/actions", action="logs")
        seat = await free_seat(self._own)
        await self.make("PATCH", f"stations/{seat.id}", zone=mark, label=mark[-8:])
        await self.make("POST", "sessions", station_id=str(seat.id), minutes=60, guest=mark, method="cash")


async def ids_of(runtime: Runtime, organization_id: UUID) -> dict[str, list[str]]:
    """The ids of an organization's rows, by table."""
    found: dict[str, list[str]] = {}
    async with runtime.database.read(organization_id) as connection:
        for (table,) in await connection.fetch(TABLES):
            columns = await connection.fetch(
                "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attname = 'id'", table
            )
            if columns:
                rows = await connection.fetch(f"SELECT id FROM {table} LIMIT 3")
                found[table] = [str(row["id"]) for row in rows]
    return found


async def fingerprint(runtime: Runtime, organization_id: UUID) -> dict[str, str]:
    """A hash of all rows of an organization, by table, without those that move by themselves."""
    prints: dict[str, str] = {}
    async with runtime.database.read(organization_id) as connection:
        for (table,) in await connection.fetch(TABLES):
            if table not in MOVING:
                prints[table] = await connection.fetchval(
                    f"SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {table} t"
                )
    return prints
