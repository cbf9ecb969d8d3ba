"""Hashing passwords: argon2id in two threads, and bcrypt hashes that were brought along."""

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final, TypeVar

import bcrypt
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from gamekeeper.kernel.errors import Unavailable

# OWASP's first choice for argon2id: 46 MiB, one pass. Two at once take 92 MiB, whoever knocks.
_HASHER: Final = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1, type=Type.ID)
_THREADS: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")
_MOST_WAITING = 100
_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}\Z")
_BCRYPT_BYTES = 72
_MOST_BCRYPT_COST = 14
"""A second of work: one brought-along hash of a senseless cost does not make every wrong password take minutes."""

Result = TypeVar("Result")
_waiting = 0


class SignInBusy(Unavailable):
    """Too many people are signing in at this moment. Try again in a few seconds."""


async def hashed(password: str) -> str:
    """The argon2id hash of a password, with its parameters."""
    return await _in_thread(_hash, password)


async def matches(password_hash: str | None, password: str, dearest_bcrypt: int = 0) -> bool:
    """Whether the password belongs to the hash.

    Whatever hash there is, or none, the same work is done before the answer is False. `dearest_bcrypt` is the highest
    cost of any hash that was brought along, 0 when there is none left.
    """
    return await _in_thread(_verify, password_hash, password, dearest_bcrypt)


def outdated(password_hash: str) -> bool:
    """Whether the hash is not of the kind that `hashed` makes today, so that it should be made anew."""
    return _BCRYPT.match(password_hash) is not None or _HASHER.check_needs_rehash(password_hash)


async def _in_thread(function: Callable[..., Result], *args: object) -> Result:
    global _waiting  # noqa: PLW0603 - one queue for the process, as there is one pool of threads
    if _waiting >= _MOST_WAITING:
        raise SignInBusy
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, function, *args)
    finally:
        _waiting -= 1


def _hash(password: str) -> str:
    return _HASHER.hash(_folded(password))


def _verify(password_hash: str | None, password: str, dearest_bcrypt: int) -> bool:
    brought = _BCRYPT.match(password_hash or "")
    if password_hash is not None and brought is not None:
        # bcrypt never saw more than 72 bytes; the program that made the hash cut them off silently.
        if bcrypt.checkpw(_cut(password), password_hash.encode()):
            return True
        _verify_argon2(None, password)
        # A cost is a power of two: this one, and each up to the dearest once more, are together the dearest.
        _spend_bcrypt(password, *range(int(brought[1]), dearest_bcrypt))
        return False
    if _verify_argon2(password_hash, password):
        return True
    if dearest_bcrypt:
        _spend_bcrypt(password, dearest_bcrypt)
    return False


def _verify_argon2(password_hash: str | None, password: str) -> bool:
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), _folded(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def _spend_bcrypt(password: str, *costs: int) -> None:
    for cost in costs:
        bcrypt.hashpw(_cut(password), bcrypt.gensalt(min(cost, _MOST_BCRYPT_COST)))


def _cut(password: str) -> bytes:
    return password.encode()[:_BCRYPT_BYTES]


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_hex(16))


def _folded(password: str) -> str:
    """One form for what keyboards write differently (RFC 8265): an accent may come as one character or as two."""
    return unicodedata.normalize("NFC", password)
