"""A small certificate authority, so that the tests speak real mutual TLS."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gamekeeper_agent import keys
from gamekeeper_wire.limits import SERVER_NAME

TRUST_DOMAIN = "test.gamekeeper.internal"


class Authority:
    def __init__(self) -> None:
        self._key = keys.make_key()
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        now = datetime.now(UTC)
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(is_authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def fingerprint(self) -> str:
        return self._certificate.fingerprint(hashes.SHA256()).hex()

    def certify_device(
        self, csr: str, device_id: UUID, lifetime: timedelta = timedelta(days=7), age: timedelta = timedelta(minutes=5)
    ) -> str:
        request = x509.load_pem_x509_csr(csr.encode())
        assert request.is_signature_valid
        key = request.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        name = x509.UniformResourceIdentifier(f"spiffe://{TRUST_DOMAIN}/device/{device_id}")
        return self._certify(key, name, ExtendedKeyUsageOID.CLIENT_AUTH, lifetime, age)

    def gateway_context(self, folder: Path, name: str = SERVER_NAME) -> ssl.SSLContext:
        key = keys.make_key()
        chain = self._certify(key.public_key(), x509.DNSName(name), ExtendedKeyUsageOID.SERVER_AUTH)
        file = folder / "gateway.pem"
        file.write_bytes(keys.key_pem(key) + chain.encode())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.num_tickets = 0
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(str(file))
        context.load_verify_locations(cadata=self.pem)
        return context

    def _certify(
        self,
        key: ec.EllipticCurvePublicKey,
        name: x509.GeneralName,
        usage: x509.ObjectIdentifier,
        lifetime: timedelta = timedelta(days=7),
        age: timedelta = timedelta(minutes=5),
    ) -> str:
        begin = datetime.now(UTC) - age
        leaf = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + lifetime)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([name]), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return leaf.public_bytes(serialization.Encoding.PEM).decode()


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
