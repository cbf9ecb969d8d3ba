"""Whose access is to be asked for again, the most urgent first; sockets with the same answer share a question."""

from collections.abc import Iterable
from enum import IntEnum
from typing import TypeAlias
from uuid import UUID

from gamekeeper.kernel.realtime.client import Client

Question: TypeAlias = tuple[str, UUID | None, str]
"""What an authenticator is asked: a credential, the organization that was wanted, the address."""


class Urgency(IntEnum):
    """How soon to ask."""

    NAMED = 0
    """A hint names the sign-in, the token or the person; or a grant has ended."""
    ORGANIZATION = 1
    """Something changed for all of an organization, such as a role."""
    EVERYBODY = 2
    """Nothing is known to have changed, but a hint may be lost."""


_AT_ONCE = {Urgency.NAMED: 6, Urgency.ORGANIZATION: 4, Urgency.EVERYBODY: 3}
"""Up to how many questions are asked at a time: the less urgent leave room for the others, all of them for requests."""


def question_of(client: Client) -> Question:
    """What is asked for a socket."""
    return client.credential, client.wanted_organization, client.request.ip


class Questions:
    """What waits to be asked, and what is being asked. A question is never asked twice at a time."""

    def __init__(self) -> None:
        self._waiting: tuple[dict[Question, set[Client]], ...] = tuple({} for _ in Urgency)
        self._asked: set[Question] = set()

    def add(self, clients: Iterable[Client], urgency: Urgency) -> None:
        """Ask for these sockets; while a question of theirs is being asked, once more after it."""
        waiting = self._waiting[urgency]
        for client in clients:
            waiting.setdefault(question_of(client), set()).add(client)

    def take(self) -> tuple[Urgency, Question, set[Client]] | None:
        """The next question and all sockets it is for; None while enough are being asked. Ended with `done`."""
        for urgency, waiting in zip(Urgency, self._waiting, strict=True):
            if len(self._asked) >= _AT_ONCE[urgency]:
                return None
            for question in waiting:
                if question not in self._asked:
                    self._asked.add(question)
                    clients = set[Client]().union(*(each.pop(question, ()) for each in self._waiting))
                    return urgency, question, clients
        return None

    def done(self, question: Question) -> None:
        """A question was answered, or could not be."""
        self._asked.discard(question)
