"""One-time codes (RFC 6238): 6 digits, SHA-1, 30 seconds, which is what every authenticator app can do."""

import hmac
import io
import secrets
from datetime import datetime

import pyotp
import segno
from pyotp.totp import TOTP

STEP_SECONDS = 30
_DIGITS = 6
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 signs without 0/O and 1/I
CODES = 10


def new_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The 30-second step that `code` belongs to: this one, the one before or the one after; None for a wrong code."""
    generator = TOTP(secret)
    current = int(now.timestamp()) // STEP_SECONDS
    found: int | None = None
    for step in (current - 1, current, current + 1):
        # All three are compared, so that the time tells nothing.
        if hmac.compare_digest(generator.generate_otp(step), code):
            found = step
    return found


def looks_like_code(text: str) -> bool:
    """Whether a text is a code of the app and not a recovery code."""
    return len(text) == _DIGITS and text.isascii() and text.isdigit()


def enrolment_uri(secret: str, email: str) -> str:
    """The `otpauth:` address that an app reads."""
    return TOTP(secret).provisioning_uri(name=email, issuer_name="Gamekeeper")


def qr_svg(uri: str) -> str:
    """The address as a QR code: an SVG document without a declaration."""
    out = io.BytesIO()
    segno.make(uri, error="m").save(out, kind="svg", xmldecl=False, scale=4, border=4, light="#fff")
    return out.getvalue().decode()


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 bits: `XXXX-XXXX-XXXX-XXXX`."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(16)) for _ in range(CODES)]
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


def plain_recovery_code(text: str) -> str:
    """A recovery code as it is hashed: people type it in small letters and without dashes."""
    return "".join(sign for sign in text.upper() if sign.isascii() and sign.isalnum())
