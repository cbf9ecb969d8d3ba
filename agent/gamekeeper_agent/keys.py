"""The device's key, its requests for certificates, and how long a certificate lasts."""

import random
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class KeyUnusable(Exception):
    """The stored key is not the P-256 key that an enrolment makes."""


def make_key() -> ec.EllipticCurvePrivateKey:
    """A new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The key as unencrypted PEM; the file's mode protects it."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """The key in a PEM file, whatever certificates follow it. Raises KeyUnusable."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except ValueError as error:
        raise KeyUnusable(str(error)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyUnusable(type(key).__name__)
    return key


def make_request(key: ec.EllipticCurvePrivateKey, hostname: str) -> str:
    """A certificate request (PEM); the server takes the key from it and names the device itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64] or "device")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def is_for_key(chain: str, key: ec.EllipticCurvePrivateKey) -> bool:
    """Whether the first certificate of a chain (PEM) certifies this key."""
    leaf = x509.load_pem_x509_certificates(chain.encode())[0]
    return leaf.public_key() == key.public_key()


def pin_authority(bundle: str, fingerprint: str) -> str | None:
    """The bundle (PEM) with no other root than the one of this SHA-256 (hex); None when it is not in there."""
    kept: list[x509.Certificate] = []
    is_found = False
    for each in x509.load_pem_x509_certificates(bundle.encode()):
        is_pinned = each.fingerprint(hashes.SHA256()).hex() == fingerprint
        is_found = is_found or is_pinned
        if is_pinned or each.issuer != each.subject:
            kept.append(each)
    pem = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in kept)
    return pem.decode() if is_found else None


def leaf_of(identity: Path) -> x509.Certificate:
    """This device's certificate in the file of its key and chain."""
    return x509.load_pem_x509_certificates(identity.read_bytes())[0]


def leaf_pem(identity: Path) -> str:
    """The same as PEM."""
    return leaf_of(identity).public_bytes(serialization.Encoding.PEM).decode()


def renewal_time(leaf: x509.Certificate, jitter: float | None = None) -> datetime:
    """When to ask for a new certificate: at two thirds of its life, a tenth of it sooner or later."""
    lifetime = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    part = 2 / 3 + (random.uniform(-0.1, 0.1) if jitter is None else jitter)  # noqa: S311 (spreads the fleet)
    return leaf.not_valid_before_utc + timedelta(seconds=lifetime.total_seconds() * part)
