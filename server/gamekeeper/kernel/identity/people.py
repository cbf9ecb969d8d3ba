"""Doors that are for people only, whatever organization they are in."""

from uuid import UUID

from gamekeeper.kernel.caller import ActorKind, Authenticated
from gamekeeper.kernel.errors import Forbidden, Unauthenticated


class OnlyForPeople(Forbidden):
    """An API token cannot do this. Sign in as a person."""


def person_id(who: Authenticated) -> UUID:
    """The account of the caller. Raises Unauthenticated for a stranger, OnlyForPeople for a token."""
    if who.actor.kind is ActorKind.ANONYMOUS:
        raise Unauthenticated
    if who.actor.kind is not ActorKind.USER or who.actor.id is None:
        raise OnlyForPeople
    return who.actor.id
