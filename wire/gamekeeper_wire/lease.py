"""A signed lease: "this seat may be used for so long", checked by the seat itself without a server."""

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta, Struct

from gamekeeper_wire.limits import MAX_LEASE, Count, DurationMs, Id, UnixMs

_SIGNATURE = 64
# Keeps a signature of ours from ever being valid for anything but a lease of this format.
_DOMAIN = b"gamekeeper lease 1\x00"


class EndAction(StrEnum):
    """What the seat does when the lease has run out."""

    LOCK = "lock"


class Purpose(StrEnum):
    """Whom the seat is open for."""

    SESSION = "session"
    TECHNICIAN = "technician"


class Lease(Struct, frozen=True, kw_only=True, array_like=True):
    """Signed as a MessagePack array in this order; a new field may only be added at the end."""

    lease_id: Id
    station_id: Id
    boot_nonce: Id
    """The `boot_id` of the hello that this lease answers to; another boot refuses it."""
    session_id: Id
    seq: Count
    """Rises with every lease of the session, so that an old one cannot be used again."""
    issued_at: UnixMs
    remaining_ms: DurationMs
    """Time left when it was sent; the agent counts it down on its own monotonic clock."""
    offline_cap_ms: DurationMs
    """The most of it that may be used without hearing from the server again."""
    warnings_s: Annotated[tuple[Count, ...], Meta(max_length=8)] = (300, 60)
    grace_s: Annotated[int, Meta(ge=0, le=3600)] = 0
    """Seconds between the end and the end action."""
    end_action: EndAction = EndAction.LOCK
    policy_version: Count = 1
    key_id: Id = "unsigned"
    purpose: Purpose = Purpose.SESSION


class LeaseError(Exception):
    """A lease was refused."""

    code = "lease-refused"


class LeaseMalformed(LeaseError):
    """The bytes are not a lease."""

    code = "lease-malformed"


class LeaseKeyUnknown(LeaseError):
    """The lease names a key that the server never gave."""

    code = "lease-key-unknown"


class LeaseForged(LeaseError):
    """The signature does not fit the lease."""

    code = "lease-forged"


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Lease)


def key_id(public_key: Ed25519PublicKey) -> str:
    """The name of a key: the first 16 hex digits of the SHA-256 of its raw bytes."""
    return sha256(public_key.public_bytes_raw()).hexdigest()[:16]


def sign(lease: Lease, private_key: Ed25519PrivateKey) -> bytes:
    """The signed bytes (signature, then payload); `key_id` is filled in from the key."""
    named = msgspec.structs.replace(lease, key_id=key_id(private_key.public_key()))
    payload = _encoder.encode(named)
    return private_key.sign(_DOMAIN + payload) + payload


def verify(blob: bytes, keys: Mapping[str, bytes]) -> Lease:
    """The lease of signed bytes, `keys` being raw public keys by id. Raises LeaseError.

    Says only that the server made it: station, boot and order are the seat's to check.
    """
    if not _SIGNATURE < len(blob) <= MAX_LEASE:
        raise LeaseMalformed(f"{len(blob)} bytes")
    signature, payload = blob[:_SIGNATURE], blob[_SIGNATURE:]
    try:
        lease = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise LeaseMalformed(str(error)) from error
    raw = keys.get(lease.key_id)
    if raw is None:
        raise LeaseKeyUnknown(lease.key_id)
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, _DOMAIN + payload)
    except InvalidSignature as error:
        raise LeaseForged("the signature does not fit") from error
    return lease
