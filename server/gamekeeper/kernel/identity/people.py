"""People as who acts, whatever organization they are in."""

from uuid import UUID

from gamekeeper.kernel.caller import Actor, ActorKind, Authenticated
from gamekeeper.kernel.errors import Forbidden, Unauthenticated
from gamekeeper.kernel.identity.models import User


class OnlyForPeople(Forbidden):
    """An API token cannot do this. Sign in as a person."""


def person_id(who: Authenticated) -> UUID:
    """The account of the caller. Raises Unauthenticated for a stranger, OnlyForPeople for a token."""
    if who.actor.kind is ActorKind.ANONYMOUS:
        raise Unauthenticated
    if who.actor.kind is not ActorKind.USER or who.actor.id is None:
        raise OnlyForPeople
    return who.actor.id


def as_actor(user: User) -> Authenticated:
    """The person as who acts, before any organization is chosen."""
    return Authenticated(Actor(ActorKind.USER, user.id, user.label))
