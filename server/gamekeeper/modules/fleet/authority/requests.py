"""Reading what a machine sends when it asks for a certificate: nothing but its public key is believed."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from gamekeeper.kernel.errors import Invalid
from gamekeeper_wire.limits import MAX_PEM


class RequestMalformed(Invalid):
    """The certificate request cannot be read. Send a PKCS #10 request in PEM, signed with a P-256 key."""


class CertificateMalformed(Invalid):
    """The certificate cannot be read. Send it in PEM."""


def key_of_request(pem: str) -> ec.EllipticCurvePublicKey:
    """The key of a PKCS #10 request whose signature proves that the sender holds it. Raises RequestMalformed."""
    if len(pem) > MAX_PEM:
        raise RequestMalformed
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        key = request.public_key()
        if not request.is_signature_valid:
            raise RequestMalformed("The certificate request is not signed by the key that it names.")
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RequestMalformed from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RequestMalformed("The certificate request's key is not a P-256 key.")
    return key


def leaf_of(pem: str) -> x509.Certificate:
    """The first certificate of a PEM text. Raises CertificateMalformed."""
    if len(pem) > MAX_PEM:
        raise CertificateMalformed
    try:
        return x509.load_pem_x509_certificates(pem.encode())[0]
    except (ValueError, IndexError) as error:
        raise CertificateMalformed from error
