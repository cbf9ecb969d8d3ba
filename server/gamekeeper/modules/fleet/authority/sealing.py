"""The authorities' keys at rest: AES-256-GCM under a key of its own, derived from the sealed root key."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from gamekeeper.kernel.errors import GamekeeperError
from gamekeeper.kernel.keys.keyring import SecretUnreadable, decrypt, encrypt
from gamekeeper.modules.fleet.authority.profile import Key


class AuthorityUnreadable(GamekeeperError):
    """The certificate authority's key cannot be opened: it was made with another master key."""


def seal(key: Key, root_key: bytes, name: str) -> bytes:
    """The key, sealed; `name` is bound to it, so that two sealed keys cannot be exchanged for one another."""
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return encrypt(AESGCM(_wrapping_key(root_key)), plain, name.encode())


def unseal(sealed: bytes, root_key: bytes, name: str) -> Key:
    """The key again. Raises AuthorityUnreadable."""
    try:
        plain = decrypt(AESGCM(_wrapping_key(root_key)), sealed, name.encode())
        key = load_der_private_key(plain, password=None)
    except (SecretUnreadable, ValueError) as error:
        raise AuthorityUnreadable from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityUnreadable
    return key


def _wrapping_key(root_key: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"gamekeeper certificate authority").derive(root_key)
