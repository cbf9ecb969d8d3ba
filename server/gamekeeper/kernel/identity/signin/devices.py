"""Browsers that somebody has signed in with before: strangers who fail on an account do not slow these down."""

import hashlib
import hmac
import secrets

from gamekeeper.kernel.identity.models import normalized
from gamekeeper.kernel.keys.derived import derived

_MOST_ACCOUNTS = 8
_MARK_LENGTH = 22


def known_device(master_key: bytes, mark: str | None, email: str) -> str | None:
    """The device's id when its mark says that the account of `email` signed in there; else None.

    The same is computed whatever the mark and whether or not there is such an account.
    """
    device, marks = _parts(mark)
    wanted = _sign(master_key, device, email)
    known = [hmac.compare_digest(one, wanted) for one in marks]
    return device if any(known) else None


def marked(master_key: bytes, mark: str | None, email: str) -> str:
    """The mark with the account of `email` added, for the last few accounts of a shared desk."""
    device, marks = _parts(mark)
    device = device or secrets.token_urlsafe(16)
    mine = _sign(master_key, device, email)
    return ".".join([device, *[one for one in marks if one != mine][1 - _MOST_ACCOUNTS :], mine])


def _parts(mark: str | None) -> tuple[str, list[str]]:
    device, *marks = (mark or "").split(".")
    if not device or not mark or not mark.isascii() or len(marks) > _MOST_ACCOUNTS:
        return "", []
    return device, marks


def _sign(master_key: bytes, device: str, email: str) -> str:
    secret = derived(master_key, "known devices")
    return hmac.new(secret, f"{device}\n{normalized(email)}".encode(), hashlib.sha256).hexdigest()[:_MARK_LENGTH]
