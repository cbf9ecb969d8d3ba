"""Encrypting the secrets of authenticator apps."""

import os
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gamekeeper.kernel.identity.keys import derived
from gamekeeper.kernel.runtime import Runtime

_NONCE_BYTES = 12


def sealed(runtime: Runtime, user_id: UUID, secret: str) -> bytes:
    """The secret, readable only with the master key and only as this person's."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(runtime).encrypt(nonce, secret.encode(), user_id.bytes)


def opened(runtime: Runtime, user_id: UUID, secret: bytes) -> str:
    """The secret in plain text. Raises cryptography's InvalidTag where the master key is another one."""
    return _cipher(runtime).decrypt(secret[:_NONCE_BYTES], secret[_NONCE_BYTES:], user_id.bytes).decode()


def _cipher(runtime: Runtime) -> AESGCM:
    return AESGCM(derived(runtime.master_key, "authenticator secrets"))
