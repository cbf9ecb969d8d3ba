"""Where a member stands: roles, sites and grants, and the access that follows from them."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from gamekeeper.kernel.access.permission import BuiltIn, permissions_of
from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.caller import Access
from gamekeeper.kernel.database.pools import Connection
from gamekeeper.kernel.tenancy.models import MfaRule

# One round trip for all that a request must know of a member.
_STANDING = """
SELECT m.id AS member_id, m.limited, o.require_mfa,
       ARRAY(SELECT r.builtin FROM member_roles r
             WHERE r.organization_id = m.organization_id AND r.member_id = m.id AND r.builtin IS NOT NULL) AS builtin,
       (SELECT coalesce(jsonb_agg(c.permissions), '[]') FROM member_roles r
             JOIN roles c ON c.organization_id = r.organization_id AND c.id = r.role_id
             WHERE r.organization_id = m.organization_id AND r.member_id = m.id) AS own_roles,
       ARRAY(SELECT s.site_id FROM member_sites s
             WHERE s.organization_id = m.organization_id AND s.member_id = m.id) AS sites,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(g.resource_id, g.permissions)), '[]') FROM grants g
             WHERE g.organization_id = m.organization_id AND g.member_id = m.id
               AND (g.ends_at IS NULL OR g.ends_at > now())) AS granted,
       (SELECT min(g.ends_at) FROM grants g
             WHERE g.organization_id = m.organization_id AND g.member_id = m.id AND g.ends_at > now()) AS until
FROM members m JOIN organizations o ON o.id = m.organization_id
WHERE m.organization_id = $1 AND m.user_id = $2
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's place in one organization."""

    member_id: UUID
    roles: frozenset[str]
    """Names of the built-in roles."""
    permissions: frozenset[str]
    """What the roles permit, wherever they hold."""
    sites: frozenset[UUID] | None
    """Where the roles hold; None is everywhere."""
    granted: Mapping[str, frozenset[UUID]]
    """Single resources, by permission."""
    until: datetime | None
    """When the first of them ends by itself."""
    mfa_rule: MfaRule

    @property
    def access(self) -> Access:
        """What the member may do. Roles that hold on some sites are like grants on those sites."""
        if self.sites is None:
            return Access(self.permissions, self.granted, self.until)
        everywhere = {name: self.sites | self.granted.get(name, frozenset()) for name in self.permissions}
        return Access(frozenset(), MappingProxyType({**self.granted, **everywhere}), self.until)

    @property
    def administers(self) -> bool:
        """Whether the member counts as an admin: may change what others may do."""
        return May.MEMBER_UPDATE.value in self.permissions

    @property
    def needs_mfa(self) -> bool:
        """Whether the organization requires two-step sign-in of this member."""
        return self.mfa_rule is MfaRule.EVERYONE or (self.mfa_rule is MfaRule.ADMINS and self.administers)


async def standing_of(connection: Connection, organization_id: UUID, user_id: UUID) -> Standing | None:
    """A user's standing in an organization, whose transaction `connection` is in; None for a stranger."""
    row = await connection.fetchrow(_STANDING, organization_id, user_id)
    if row is None:
        return None
    builtin = frozenset[str](row["builtin"])
    own: list[list[str]] = _json(row["own_roles"])
    granted: defaultdict[str, set[UUID]] = defaultdict(set)
    for resource_id, permissions in _json(row["granted"]):
        for permission in permissions:
            granted[permission].add(UUID(resource_id))
    return Standing(
        member_id=row["member_id"],
        roles=builtin,
        permissions=frozenset[str]().union(*(permissions_of(BuiltIn(name)) for name in builtin), *own),
        sites=frozenset(row["sites"]) if row["limited"] else None,
        granted=MappingProxyType({name: frozenset(ids) for name, ids in granted.items()}),
        until=row["until"],
        mfa_rule=MfaRule(row["require_mfa"]),
    )


def narrowed(access: Access, permissions: frozenset[str]) -> Access:
    """The part of an access that lies within `permissions`."""
    grants = {name: ids for name, ids in access.grants.items() if name in permissions}
    return Access(access.permissions & permissions, MappingProxyType(grants), access.until)


def _json(value: Any) -> Any:
    """A jsonb value: decoded by the asyncpg pool, still text on SQLAlchemy's connections."""
    return json.loads(value) if isinstance(value, str) else value
