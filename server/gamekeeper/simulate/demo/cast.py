"""The names in the demo."""

from dataclasses import dataclass

from gamekeeper.kernel.access.permission import BuiltIn

ORGANIZATION = "Lantern Arcade (demo)"
TIME_ZONE = "Europe/Berlin"
DOMAIN = "lantern-arcade.example"

STAFF = (
    ("Mara Lindqvist", BuiltIn.MANAGER),
    ("Tomas Okafor", BuiltIn.STAFF),
    ("Yuki Brandt", BuiltIn.STAFF),
    ("Leila Novak", BuiltIn.MODERATOR),
    ("Piet Castellan", BuiltIn.VIEWER),
)

GUESTS = ("Aiko", "Ben", "Chidi", "Dana", "Emre", "Freya", "Goran", "Hana", "Ivo", "Jules", "Kai", "Lotte", "")


@dataclass(frozen=True, slots=True)
class Room:
    """A group of machines at a site. `seats` are sold on the floor."""

    site: str
    group: str
    prefix: str
    count: int
    seats: bool
    tags: tuple[str, ...] = ()


ROOMS = (
    Room("Harbor", "Row A", "Harbor A", 10, seats=True, tags=("rtx", "240hz")),
    Room("Harbor", "Row B", "Harbor B", 8, seats=True, tags=("rtx",)),
    Room("Harbor", "Back office", "Harbor office", 2, seats=False),
    Room("Old Town", "Lounge", "Old Town", 8, seats=True, tags=("lounge",)),
    Room("Old Town", "Meeting rooms", "Room", 3, seats=False, tags=("meeting",)),
)

OVERHEATS = "Harbor A 07"
"""This machine's fan failed yesterday: something to find."""
