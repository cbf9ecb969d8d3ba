"""A price rule as a session keeps it: a frozen copy, so that editing a tariff never changes a running bill."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from gamekeeper.modules.venue.pricing.amounts import Rounding


class Preset(Struct, frozen=True, kw_only=True):
    """A fixed price for a round number of minutes; one press on the floor."""

    minutes: Annotated[int, Meta(ge=1, le=10_080)]
    amount: Annotated[int, Meta(ge=0)]


class Rule(Struct, frozen=True, kw_only=True):
    """What time costs. Everything that `price` needs and nothing that may change under it."""

    rule_id: str
    version: int
    name: str
    currency: str
    rate: Annotated[int, Meta(ge=0)]
    """Minor units for an hour."""
    block_seconds: Annotated[int, Meta(ge=1)] = 1
    """Metered time counts in whole blocks of so many seconds; 60 with `up` is "per started minute"."""
    block_rounding: Rounding = Rounding.UP
    money_rounding: Rounding = Rounding.HALF_UP
    """Applied once to the metered time of a session, never to each tick."""
    presets: tuple[Preset, ...] = ()
    time_zone: str = "UTC"
    """IANA name of the seat's place, for the times in reasons."""

    def preset(self, minutes: int) -> Preset | None:
        """The preset of exactly so many minutes."""
        return next((preset for preset in self.presets if preset.minutes == minutes), None)


def frozen(rule: Rule) -> dict[str, Any]:
    """The snapshot as JSON."""
    snapshot: dict[str, Any] = msgspec.to_builtins(rule)
    return snapshot


def thawed(snapshot: dict[str, Any]) -> Rule:
    """The rule of a stored snapshot. Raises msgspec.ValidationError for one that is none."""
    return msgspec.convert(snapshot, Rule)
