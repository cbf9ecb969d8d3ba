"""Money in integer minor units: exponents, rounding and how an amount is written for people."""

from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

MOST_AMOUNT = 10**12
"""The most that one request may move, in minor units: a slip of the finger, not a limit of the ledger."""

_EXPONENTS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"), 0),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


class Rounding(StrEnum):
    """How an exact value becomes a whole number."""

    UP = "up"
    DOWN = "down"
    HALF_UP = "half_up"


def rounded(value: Fraction, rounding: Rounding) -> int:
    """The whole number for `value`; `half_up` takes the greater neighbor of a tie."""
    if rounding is Rounding.UP:
        return ceil(value)
    if rounding is Rounding.DOWN:
        return floor(value)
    return floor(value + Fraction(1, 2))


def at_rate(rate: int, seconds: Fraction, rounding: Rounding) -> int:
    """Minor units for so much time when an hour costs `rate`, rounded once."""
    return rounded(Fraction(rate) * seconds / 3600, rounding)


def exponent(currency: str) -> int:
    """Digits of the minor unit by ISO 4217: yen 0, euro 2, Kuwaiti dinar 3."""
    return _EXPONENTS.get(currency, 2)


def written(amount: int, currency: str) -> str:
    """`450` EUR as `4.50 EUR`. For reasons and audit texts; a page formats by the reader's locale."""
    digits = exponent(currency)
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 10**digits)
    return f"{sign}{whole}.{rest:0{digits}d} {currency}" if digits else f"{sign}{whole} {currency}"


def spoken(seconds: Fraction) -> str:
    """`4500` seconds as `1 h 15 min`; parts of a second are dropped."""
    whole = floor(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    parts = [f"{value} {unit}" for value, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if value]
    return " ".join(parts) or "0 s"
