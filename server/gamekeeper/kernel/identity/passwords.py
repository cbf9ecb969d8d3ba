"""Hashing passwords: argon2id in two threads, and bcrypt hashes that were brought along."""

import asyncio
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
_BCRYPT = ("$2a$", "$2b$", "$2y$")
_BCRYPT_BYTES = 72

Result = TypeVar("Result")
_waiting = 0


class SignInBusy(Unavailable):
    """Too many people are signing in at this moment. Try again in a few seconds."""


async def hashed(password: str) -> str:
    """The argon2id hash of a password, with its parameters."""
    return await _in_thread(_hash, password)


async def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash. Without a hash the same work is done, and the answer is False."""
    return await _in_thread(_verify, password_hash, password)


def outdated(password_hash: str) -> bool:
    """Whether the hash is not of the kind that `hashed` makes today, so that it should be made anew."""
    return password_hash.startswith(_BCRYPT) or _HASHER.check_needs_rehash(password_hash)


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


def _verify(password_hash: str | None, password: str) -> bool:
    if password_hash is not None and password_hash.startswith(_BCRYPT):
        # bcrypt never saw more than 72 bytes; the program that made the hash cut them off silently.
        return bcrypt.checkpw(password.encode()[:_BCRYPT_BYTES], password_hash.encode())
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), _folded(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_hex(16))


def _folded(password: str) -> str:
    """One form for what keyboards write differently (RFC 8265): an accent may come as one character or as two."""
    return unicodedata.normalize("NFC", password)
