"""An error that speaks for a constraint of the database speaks for one that exists."""

from collections.abc import Iterator

from gamekeeper.app import furnish
from gamekeeper.kernel.database import Base
from gamekeeper.kernel.errors import GamekeeperError


def every_error(of: type[GamekeeperError] = GamekeeperError) -> Iterator[type[GamekeeperError]]:
    for error in of.__subclasses__():
        yield error
        yield from every_error(error)


def test_every_named_constraint_exists_and_has_one_error() -> None:
    furnish()
    known = {
        str(thing.name) for table in Base.metadata.tables.values() for thing in (*table.constraints, *table.indexes)
    }
    named = [name for error in every_error() for name in error.__dict__.get("constraints", ())]
    assert named
    assert not set(named) - known
    assert len(named) == len(set(named))
