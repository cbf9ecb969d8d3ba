"""Who acts, for whom, and what they may do: the part of a context that needs no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from gamekeeper.kernel.access.permission import Permission
from gamekeeper.kernel.errors import Forbidden, Unauthenticated


class ActorKind(StrEnum):
    """What kind of thing acts."""

    ANONYMOUS = "anonymous"
    USER = "user"
    API_TOKEN = "api_token"  # noqa: S105 - a kind, not a secret
    DEVICE = "device"
    GAME_KEY = "game_key"
    JOB = "job"
    RULE = "rule"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `label` is what the audit log shows even after the actor is gone."""

    kind: ActorKind
    id: UUID | None = None
    label: str = ""


ANONYMOUS = Actor(ActorKind.ANONYMOUS)
SYSTEM = Actor(ActorKind.SYSTEM, label="Gamekeeper")


@dataclass(frozen=True, slots=True)
class Access:
    """What an actor may do in one organization: everywhere, and (by permission) on single resources."""

    permissions: frozenset[str] = frozenset()
    grants: Mapping[str, frozenset[UUID]] = field(default_factory=lambda: MappingProxyType({}))
    until: datetime | None = None
    """When the first of the grants ends by itself; then the access must be asked for again."""


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the audit log keeps of the request that caused a change."""

    id: str = ""
    ip: str = ""


NO_REQUEST = RequestFacts()


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The answer of an authenticator: who calls, in which organization, with what access.

    `session_id` is the sign-in (or API token) that open sockets of this caller end with.
    """

    actor: Actor = ANONYMOUS
    organization_id: UUID | None = None
    access: Access = field(default_factory=Access)
    session_id: UUID | None = None
    expires_at: datetime | None = None
    """When the credential ends by itself; a socket must show a newer one before."""
    obstacle: type[Forbidden] | None = None
    """Why a caller who is known has no organization here."""


class Caller:
    """Actor, organization and access of one request, job or socket."""

    def __init__(self, who: Authenticated, request: RequestFacts = NO_REQUEST, now: datetime | None = None) -> None:
        self.who = who
        self.request = request
        self.now = now or datetime.now(UTC)

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.who.actor

    @property
    def organization_id(self) -> UUID:
        """The organization that the caller acts in. Raises Unauthenticated or Forbidden where there is none."""
        if self.who.organization_id is None:
            if self.actor.kind is ActorKind.ANONYMOUS:
                raise Unauthenticated
            raise self.who.obstacle or NoOrganization
        return self.who.organization_id

    def may(self, permission: Permission) -> bool:
        """Whether the caller has the permission in the whole organization."""
        return permission.value in self.who.access.permissions

    def require(self, permission: Permission) -> None:
        """Raise Unauthenticated or Forbidden unless the caller has the permission in the whole organization."""
        if not self.may(permission):
            raise self.refusal(permission)

    def granted(self, permission: Permission) -> frozenset[UUID]:
        """The resources on which the caller has the permission by a grant."""
        return self.who.access.grants.get(permission.value, frozenset())

    def reach(self, permission: Permission) -> frozenset[UUID] | None:
        """The resources on which the caller has the permission; None is everywhere.

        Raises Unauthenticated or Forbidden where it is nowhere.
        """
        if self.may(permission):
            return None
        resources = self.granted(permission)
        if not resources:
            raise self.refusal(permission)
        return resources

    def refusal(self, permission: Permission) -> Forbidden | Unauthenticated:
        """The error for a caller without the permission."""
        if self.actor.kind is ActorKind.ANONYMOUS:
            return Unauthenticated()
        return Forbidden(permission=permission.value)


class NoOrganization(Forbidden):
    """You are not a member of this organization."""
