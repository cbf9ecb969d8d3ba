"""Which passwords are refused: too short, too well known, too regular, or made of the person's own name."""

import re

from gamekeeper.kernel.errors import Invalid

SHORTEST = 10
LONGEST = 256

_LOOKALIKES = str.maketrans("0134579@$!|", "oieastgasil")
_KEYBOARD = (
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv",
)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "01234567890123456789"

# What guessing programs try first, without the digits and signs that people put around them.
_WELL_KNOWN_TEXT = """
    password passwort passwd motdepasse contrasena senha parola haslo wachtwoord mypassword passwordpassword
    letmein welcome willkommen bienvenue welkom iloveyou trustno princess sunshine football baseball basketball
    superman batman spiderman pokemon starwars minecraft fortnite roblox counterstrike dragon monkey shadow master
    michael jordan jennifer jessica charlie thomas qwerty qwertz azerty asdfgh zxcvbn changeme changeit default
    secret topsecret computer internet administrator admin root superuser guest test testing tester demo example
    gamekeeper gaming gamer gamers player venue lantern server servers gameserver manager cashier reception
    freedom whatever nothing hunter killer access login signin abc abcabc summer winter spring autumn january
    february december google facebook samsung windows microsoft liverpool chelsea arsenal barcelona realmadrid
    correcthorsebatterystaple correcthorse lovely loveme flower cookie cheese purple orange banana chocolate
"""
_WELL_KNOWN = frozenset(_WELL_KNOWN_TEXT.split())


class WeakPassword(Invalid):
    """This password is too easy to guess. Take a longer one, for example four unrelated words."""


def refuse_weak(password: str, *own: str) -> None:
    """Raise WeakPassword, with the reason, unless the password is good enough.

    `own` are texts that others know of the person: e-mail address, name, organization.
    """
    if len(password) < SHORTEST:
        raise WeakPassword(f"A password needs at least {SHORTEST} characters.", reason="short")
    plain = password.casefold()
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    if not core.strip() and _regular(re.sub(r"\D", "", plain)):
        raise WeakPassword(reason="regular")
    if _regular(plain) or _regular(core):
        raise WeakPassword(reason="regular")
    if {core, core.translate(_LOOKALIKES), plain.translate(_LOOKALIKES)} & _WELL_KNOWN:
        raise WeakPassword(reason="well_known")
    for text in _parts(own):
        if len(text) >= 4 and text in plain and len(plain) - len(text) < SHORTEST - 2:
            raise WeakPassword("Do not use your own name or e-mail address as the password.", reason="own_name")


def _regular(text: str) -> bool:
    """One unit again and again, or a row of the alphabet, the digits or the keyboard."""
    if len(text) < 4:
        return bool(text) and len(set(text)) == 1
    if any(text == (text[:unit] * len(text))[: len(text)] for unit in range(1, len(text) // 2 + 1)):
        return True
    rows = (*_KEYBOARD, _ALPHABET, _DIGITS)
    return any(text in row or text in row[::-1] for row in rows)


def _parts(own: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    for text in own:
        plain = text.casefold()
        found |= {plain, plain.partition("@")[0], *re.split(r"[\W_]+", plain)}
    return found
