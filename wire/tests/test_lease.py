from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from wire.tests.frames import structs as any_of

from gamekeeper_wire import lease as leases
from gamekeeper_wire.lease import Lease
from gamekeeper_wire.limits import MAX_LEASE

KEY = Ed25519PrivateKey.generate()
KEYS = {leases.key_id(KEY.public_key()): KEY.public_key().public_bytes_raw()}
LEASE = Lease(
    lease_id="l1",
    station_id="seat-14",
    boot_nonce="boot",
    session_id="s1",
    seq=1,
    issued_at=1_700_000_000_000,
    remaining_ms=3_600_000,
    offline_cap_ms=1_800_000,
)


@given(any_of(Lease))
def test_a_signed_lease_comes_back_with_the_key_it_was_signed_by(lease: Any) -> None:
    verified = leases.verify(leases.sign(lease, KEY), KEYS)
    assert verified == structs.replace(lease, key_id=leases.key_id(KEY.public_key()))


@given(st.data())
def test_no_bit_of_a_signed_lease_can_be_changed(data: st.DataObject) -> None:
    blob = bytearray(leases.sign(LEASE, KEY))
    position = data.draw(st.integers(0, len(blob) * 8 - 1))
    blob[position // 8] ^= 1 << position % 8
    with pytest.raises(leases.LeaseError):
        leases.verify(bytes(blob), KEYS)


@given(st.binary(max_size=300))
def test_noise_is_no_lease(noise: bytes) -> None:
    with pytest.raises(leases.LeaseError):
        leases.verify(noise, KEYS)


def test_a_lease_of_another_key_is_refused() -> None:
    other = Ed25519PrivateKey.generate()
    with pytest.raises(leases.LeaseKeyUnknown):
        leases.verify(leases.sign(LEASE, other), KEYS)
    named_like_ours = {next(iter(KEYS)): other.public_key().public_bytes_raw()}
    with pytest.raises(leases.LeaseForged):
        leases.verify(leases.sign(LEASE, KEY), named_like_ours)


def test_a_signature_over_the_bare_payload_is_no_lease() -> None:
    payload = leases.sign(LEASE, KEY)[64:]
    with pytest.raises(leases.LeaseForged):
        leases.verify(KEY.sign(payload) + payload, KEYS)


def test_a_lease_that_is_too_long_is_refused_unread() -> None:
    with pytest.raises(leases.LeaseMalformed):
        leases.verify(leases.sign(LEASE, KEY) + b"\x00" * MAX_LEASE, KEYS)
