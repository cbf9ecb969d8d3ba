"""What our certificates look like, how they are made and how one is told from a forgery. Pure; X.509 of RFC 5280."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gamekeeper_wire.limits import SERVER_NAME

ROOT_LIFE = timedelta(days=3650)
INTERMEDIATE_LIFE = timedelta(days=730)
GATEWAY_LIFE = timedelta(days=90)
BACKDATED = timedelta(minutes=5)
"""A Pi without a clock battery wakes up a little in the past."""

_SPIFFE = re.compile(
    r"spiffe://(?P<domain>[a-z0-9.-]{1,200})/organization/(?P<organization>[0-9a-f-]{36})/device/(?P<device>[0-9a-f-]{36})"
)
Key = ec.EllipticCurvePrivateKey


class ProfileViolation(Exception):
    """A certificate is not what a device of ours would show."""


@dataclass(frozen=True, slots=True)
class DeviceName:
    """Whom a leaf certifies, and its serial."""

    organization_id: UUID
    device_id: UUID
    serial: str
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Signer:
    """An authority with its key."""

    certificate: x509.Certificate
    key: Key
    trust_domain: str


def make_key() -> Key:
    """A new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def make_root(key: Key, trust_domain: str, now: datetime) -> x509.Certificate:
    """The installation's root, signed by itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Gamekeeper root of {trust_domain}"[:64])])
    builder = _authority(name, key.public_key(), now, now + ROOT_LIFE, path_length=1)
    return builder.issuer_name(name).sign(key, hashes.SHA256())


def make_intermediate(root: Signer, purpose: str, key: Key, now: datetime) -> x509.Certificate:
    """An authority below the root that may sign leaves and nothing else."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Gamekeeper {purpose} of {root.trust_domain}"[:64])])
    not_after = min(now + INTERMEDIATE_LIFE, root.certificate.not_valid_after_utc)
    builder = _authority(name, key.public_key(), now, not_after, path_length=0)
    return _signed(builder, root)


def make_device_leaf(
    signer: Signer, public_key: ec.EllipticCurvePublicKey, organization_id: UUID, device_id: UUID, now: datetime,
    life: timedelta,
) -> x509.Certificate:  # fmt: skip
    """A device's certificate: the name is ours, nothing that the machine asked for is in it."""
    uri = f"spiffe://{signer.trust_domain}/organization/{organization_id}/device/{device_id}"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(device_id))])
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri)]
    return make_leaf(signer, public_key, subject, names, ExtendedKeyUsageOID.CLIENT_AUTH, now, life)


def make_gateway_leaf(signer: Signer, key: Key, hosts: list[str], now: datetime) -> x509.Certificate:
    """The gateway's certificate: the internal name that agents check, and the public hosts for people's tools."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SERVER_NAME)])
    names = [x509.DNSName(SERVER_NAME), *(_host(host) for host in hosts)]
    return make_leaf(signer, key.public_key(), subject, names, ExtendedKeyUsageOID.SERVER_AUTH, now, GATEWAY_LIFE)


def make_leaf(
    signer: Signer, key: ec.EllipticCurvePublicKey, subject: x509.Name, names: list[x509.GeneralName],
    purpose: x509.ObjectIdentifier, now: datetime, life: timedelta,
) -> x509.Certificate:  # fmt: skip
    """A certificate that signs nothing, for one purpose."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(min(now + life, signer.certificate.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
    return _signed(builder, signer)


def name_of(leaf: x509.Certificate, trust_domain: str) -> DeviceName:
    """Whom a leaf names. Raises ProfileViolation unless it has exactly the form that we give.

    The chain is TLS's to check; this checks what TLS does not: purpose, name pattern and constraints.
    """
    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        constraints = leaf.extensions.get_extension_for_class(x509.BasicConstraints)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError) as error:
        raise ProfileViolation(f"an extension is missing or malformed: {error}") from error
    if list(usage) != [ExtendedKeyUsageOID.CLIENT_AUTH]:
        raise ProfileViolation("its extended key usage is not clientAuth alone")
    if constraints.value.ca or not constraints.critical:
        raise ProfileViolation("its basic constraints are not critical CA=false")
    if not isinstance(leaf.public_key(), ec.EllipticCurvePublicKey):
        raise ProfileViolation("its key is not an elliptic curve key")
    uris = list(names)
    found = _SPIFFE.fullmatch(uris[0].value) if _is_one_uri(uris) else None
    if found is None or found["domain"] != trust_domain:
        raise ProfileViolation("its name is not one of a device here")
    try:
        organization_id, device_id = UUID(found["organization"]), UUID(found["device"])
    except ValueError as error:
        raise ProfileViolation("its name is not one of a device here") from error
    return DeviceName(organization_id, device_id, serial_of(leaf), leaf.not_valid_after_utc)


def was_issued_by(leaf: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer's key signed this leaf, whatever their dates say."""
    try:
        leaf.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def serial_of(certificate: x509.Certificate) -> str:
    """The serial as the database keeps it."""
    return f"{certificate.serial_number:x}"


def hash_of_key(key: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 of the public key's SubjectPublicKeyInfo, hexadecimal."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the whole certificate, hexadecimal: what a claim token pins."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def pem(*certificates: x509.Certificate) -> str:
    """One PEM text of several certificates."""
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)


def _is_one_uri(names: list[x509.GeneralName]) -> bool:
    return len(names) == 1 and isinstance(names[0], x509.UniformResourceIdentifier)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _authority(
    name: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, not_after: datetime, *, path_length: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _signed(builder: x509.CertificateBuilder, signer: Signer) -> x509.Certificate:
    public = signer.key.public_key()
    return (
        builder.issuer_name(signer.certificate.subject)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(signer.key, hashes.SHA256())
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
