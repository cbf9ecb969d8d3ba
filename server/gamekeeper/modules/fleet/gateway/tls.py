"""The gateway's TLS: version 1.3 only, a device's certificate demanded, nothing resumed."""

import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gamekeeper.kernel.settings import Settings
from gamekeeper.modules.fleet.authority import profile
from gamekeeper.modules.fleet.authority.service import Authority


def context_for(authority: Authority, settings: Settings) -> ssl.SSLContext:
    """A context that lets in whoever shows a certificate of one of our devices authorities, and nobody else.

    Only these are trust anchors, so a certificate of the root itself or of a sister authority is refused too.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    # A resumed session skips the certificate: without tickets there is nothing to resume in TLS 1.3.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET
    refresh(context, authority, settings)
    return context


def refresh(context: ssl.SSLContext, authority: Authority, settings: Settings) -> None:
    """Trust the authorities as they are now, and show a new certificate. Open connections do not notice."""
    context.load_verify_locations(cadata=profile.pem(*(signer.certificate for signer in authority.devices)))
    signer, key = authority.gateways[0], profile.make_key()
    host = settings.agent_public_host or settings.agent_host
    leaf = profile.make_gateway_leaf(signer, key, [host] if host else [], datetime.now(UTC))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    # The ssl module reads keys from files only; a private folder that is gone a moment later.
    with tempfile.TemporaryDirectory(prefix="gamekeeper-") as folder:
        path = Path(folder) / "gateway.pem"
        path.touch(mode=0o600)
        path.write_text(private + profile.pem(leaf, signer.certificate))
        context.load_cert_chain(path)
