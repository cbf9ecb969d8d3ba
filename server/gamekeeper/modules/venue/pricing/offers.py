"""Offers of a price rule: those at the price of an hour follow it, those with a price of their own keep it."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from gamekeeper.kernel.errors import Invalid
from gamekeeper.modules.venue.pricing.amounts import MOST_AMOUNT, Rounding, at_rate


class OfferTooDear(Invalid):
    """At this price of an hour an offer costs more than can be asked for."""


def follows(preset: dict[str, Any], rate: int, rounding: Rounding) -> bool:
    """Whether an offer costs what an hour at `rate` makes of its minutes. Who typed just that has not set it apart."""
    return bool(preset["amount"] == _price(preset["minutes"], rate, rounding))


def following(presets: Iterable[dict[str, Any]], rate: int, rounding: Rounding) -> list[dict[str, Any]]:
    """The offers, without the price of those that follow `rate`: ready to be priced at another."""
    return [preset | {"amount": None} if follows(preset, rate, rounding) else preset for preset in presets]


def priced(presets: Iterable[dict[str, Any]], rate: int, rounding: Rounding) -> list[dict[str, Any]]:
    """The offers by their minutes, those without a price at that of the hour. Raises OfferTooDear."""
    found: list[dict[str, Any]] = []
    for preset in sorted(presets, key=lambda each: each["minutes"]):
        minutes, amount = preset["minutes"], preset.get("amount")
        if amount is None:
            amount = _price(minutes, rate, rounding)
            if amount > MOST_AMOUNT:
                raise OfferTooDear(
                    f"At this price of an hour the offer of {minutes} minutes costs more than can be asked for.",
                    minutes=minutes,
                )
        found.append({"minutes": minutes, "amount": amount})
    return found


def _price(minutes: int, rate: int, rounding: Rounding) -> int:
    return at_rate(rate, Fraction(minutes * 60), rounding)
