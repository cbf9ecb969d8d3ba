"""Envelopes: AES-256-GCM under a key of each record, which the master key wraps and nothing else sees."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gamekeeper.kernel.errors import GamekeeperError

_NONCE_BYTES = 12
_KEY_BYTES = 32


class SecretUnreadable(GamekeeperError):
    """A secret cannot be opened: it was sealed for something else, or it was changed."""


class MasterKeyUnknown(GamekeeperError):
    """A secret was sealed with a master key that this process does not have."""


class MasterKey(Protocol):
    """Something that wraps keys: a key in memory, or a key management service that never gives its key away.

    `bound` is authenticated with the wrapped key: unwrapping with another value fails with SecretUnreadable.
    """

    @property
    def id(self) -> str:
        """Names the key in every envelope; says nothing about it."""
        ...

    async def wrap(self, key: bytes, bound: bytes) -> bytes:
        """`key`, sealed."""
        ...

    async def unwrap(self, wrapped: bytes, bound: bytes) -> bytes:
        """The key again."""
        ...


class LocalMasterKey:
    """A master key of 32 bytes in memory."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self.id = hashlib.blake2b(key, digest_size=8, person=b"gk master id").hexdigest()

    async def wrap(self, key: bytes, bound: bytes) -> bytes:
        """`key`, sealed under a fresh nonce."""
        return encrypt(self._cipher, key, bound)

    async def unwrap(self, wrapped: bytes, bound: bytes) -> bytes:
        """The key again. Raises SecretUnreadable."""
        return decrypt(self._cipher, wrapped, bound)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is stored: the data, the key that opens it, and which master key opens that."""

    key_id: str
    wrapped_key: bytes
    ciphertext: bytes


class Keyring:
    """The master key that seals, and the retired ones that still open until everything is rewrapped."""

    def __init__(self, current: MasterKey, retired: Iterable[MasterKey] = ()) -> None:
        self.current = current
        self._all = {key.id: key for key in (*retired, current)}

    async def seal(self, plaintext: bytes, bound: bytes) -> Envelope:
        """An envelope that only opens with the same `bound`."""
        key = os.urandom(_KEY_BYTES)
        return Envelope(
            key_id=self.current.id,
            wrapped_key=await self.current.wrap(key, bound),
            ciphertext=encrypt(AESGCM(key), plaintext, bound),
        )

    async def open(self, envelope: Envelope, bound: bytes) -> bytes:
        """The plaintext. Raises MasterKeyUnknown or SecretUnreadable."""
        key = await self._master(envelope.key_id).unwrap(envelope.wrapped_key, bound)
        return decrypt(AESGCM(key), envelope.ciphertext, bound)

    async def rewrap(self, envelope: Envelope, bound: bytes) -> Envelope:
        """The same data under the current master key; the data itself is not opened."""
        key = await self._master(envelope.key_id).unwrap(envelope.wrapped_key, bound)
        return replace(envelope, key_id=self.current.id, wrapped_key=await self.current.wrap(key, bound))

    def _master(self, key_id: str) -> MasterKey:
        master = self._all.get(key_id)
        if master is None:
            raise MasterKeyUnknown(key_id=key_id)
        return master


def encrypt(cipher: AESGCM, plaintext: bytes, bound: bytes) -> bytes:
    """Nonce and ciphertext."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plaintext, bound)


def decrypt(cipher: AESGCM, sealed: bytes, bound: bytes) -> bytes:
    """What `encrypt` was given. Raises SecretUnreadable."""
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)
    except (InvalidTag, ValueError) as error:
        raise SecretUnreadable from error
