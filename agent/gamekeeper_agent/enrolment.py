"""Becoming a device: a claim token and a key go in, a certificate comes out.

`POST {server}/api/v1/enrolments` with `{token, csr, hostname, mode, machine}` answers 200 or 201 with
`{device_id, certificate, ca, gateway: {host, port}, trust_domain}`, or 202 with
`{poll_url, poll_secret, retry_after_seconds}` while somebody has to approve; the poll URL is asked with
`Authorization: Bearer <poll_secret>` and answers in the same two ways. A certificate that ran out is exchanged at
`POST {server}/api/v1/enrolments/renewals` with `{certificate, csr}`, the request signed by the same key.
"""

import logging
import re
import time
from pathlib import Path
from urllib.parse import urljoin
from uuid import UUID

import msgspec
from msgspec import Struct

from gamekeeper_agent import keys, machine
from gamekeeper_agent.files import write_atomically
from gamekeeper_agent.https import Answer, Busy, Unreachable, request
from gamekeeper_agent.identity import (
    KEY_AND_CHAIN,
    Gateway,
    Identity,
    NotEnrolled,
    load_identity,
    save_certificate,
    save_identity,
)
from gamekeeper_wire.agent import Machine, Mode

logger = logging.getLogger(__name__)

PENDING = "pending.json"
_FINGERPRINT = re.compile(r"\.([0-9a-f]{64})\Z")
_POLL_LIMIT = 300


class EnrolmentRefused(Exception):
    """The server did not enrol this machine."""


class AuthorityMismatch(EnrolmentRefused):
    """The server's authority is not the one that the token names."""


class _Request(Struct):
    token: str
    csr: str
    hostname: str
    mode: Mode
    machine: Machine


class _Renewal(Struct):
    certificate: str
    csr: str


class _Enrolled(Struct):
    device_id: UUID
    certificate: str
    ca: str
    gateway: Gateway
    trust_domain: str


class _Waiting(Struct):
    poll_url: str
    poll_secret: str
    retry_after_seconds: int = 5


class _Problem(Struct):
    code: str = ""
    title: str = ""
    detail: str = ""


class Pending(Struct, frozen=True, kw_only=True):
    """An enrolment that waits for approval, with the key it was asked for."""

    server: str
    poll_url: str
    poll_secret: str
    key: str
    fingerprint: str | None
    authority: str | None
    retry_after_seconds: int


def pinned_fingerprint(token: str) -> str:
    """The authority's SHA-256 that a token ends with, after a dot. Raises EnrolmentRefused for a token without.

    Half a token must not become trust in whatever answers.
    """
    found = _FINGERPRINT.search(token)
    if found is None:
        raise EnrolmentRefused("the token is not whole: it ends with a dot and 64 hexadecimal digits. Copy it again")
    return found[1]


def enrol(folder: Path, server: str, token: str, mode: Mode, authority: str | None = None) -> Identity | Pending:
    """Ask to become a device. Raises Unreachable, Busy, EnrolmentRefused."""
    fingerprint = pinned_fingerprint(token)
    key = keys.make_key()
    asked = _Request(token, keys.make_request(key, machine.hostname()), machine.hostname(), mode, machine.describe())
    answer = request(
        "POST",
        f"{server.rstrip('/')}/api/v1/enrolments",
        body=msgspec.json.encode(asked),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        authority=authority,
    )
    pending = Pending(
        server=server,
        poll_url="",
        poll_secret="",
        key=keys.key_pem(key).decode(),
        fingerprint=fingerprint,
        authority=authority,
        retry_after_seconds=0,
    )
    return _settle(folder, answer, pending)


def renew_late(folder: Path, identity: Identity) -> Identity | Pending:
    """Ask for a certificate after the old one ran out on a shelf. Raises Unreachable, Busy, EnrolmentRefused."""
    file = folder / KEY_AND_CHAIN
    key = keys.load_key(file.read_bytes())
    asked = _Renewal(keys.leaf_pem(file), keys.make_request(key, machine.hostname()))
    answer = request(
        "POST",
        f"{identity.server.rstrip('/')}/api/v1/enrolments/renewals",
        body=msgspec.json.encode(asked),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        authority=identity.server_authority,
    )
    pending = Pending(
        server=identity.server,
        poll_url="",
        poll_secret="",
        key=keys.key_pem(key).decode(),
        fingerprint=None,
        authority=identity.server_authority,
        retry_after_seconds=0,
    )
    return _settle(folder, answer, pending)


def load_pending(folder: Path) -> Pending | None:
    """The enrolment that waits for approval, if there is one."""
    path = folder / PENDING
    return msgspec.json.decode(path.read_bytes(), type=Pending) if path.exists() else None


def poll(folder: Path, pending: Pending) -> Identity | Pending:
    """Ask whether it was approved. Raises Unreachable, Busy, EnrolmentRefused."""
    answer = request(
        "GET",
        pending.poll_url,
        headers={"Authorization": f"Bearer {pending.poll_secret}", "Accept": "application/json"},
        authority=pending.authority,
    )
    return _settle(folder, answer, pending)


def wait_for_approval(folder: Path, pending: Pending) -> Identity:
    """Poll until approved; an unreachable or busy server is asked again. Raises EnrolmentRefused."""
    outcome: Identity | Pending = pending
    wait = 0
    while isinstance(outcome, Pending):
        time.sleep(max(1, wait, min(outcome.retry_after_seconds, _POLL_LIMIT)))
        wait = 0
        try:
            outcome = poll(folder, outcome)
        except Busy as error:
            wait = error.seconds
            logger.warning("the server wants to be asked about the approval in %s seconds: %s", wait, error)
        except Unreachable as error:
            logger.warning("the server cannot be asked about the approval: %s", error)
    return outcome


def _settle(folder: Path, answer: Answer, pending: Pending) -> Identity | Pending:
    try:
        match answer.status:
            case 200 | 201:
                return _finish(folder, msgspec.json.decode(answer.body, type=_Enrolled), pending)
            case 202:
                waiting = msgspec.json.decode(answer.body, type=_Waiting)
            case _ if answer.is_busy:
                raise Busy(_explain(answer), answer.retry_after)
            case _:
                (folder / PENDING).unlink(missing_ok=True)
                raise EnrolmentRefused(_explain(answer))
    except msgspec.DecodeError as error:
        raise EnrolmentRefused(f"the server's answer ({answer.status}) cannot be read: {error}") from error
    pending = msgspec.structs.replace(
        pending,
        poll_url=urljoin(pending.server, waiting.poll_url),
        poll_secret=waiting.poll_secret,
        retry_after_seconds=waiting.retry_after_seconds,
    )
    write_atomically(folder / PENDING, msgspec.json.encode(pending))
    return pending


def _finish(folder: Path, enrolled: _Enrolled, pending: Pending) -> Identity:
    pinned = pending.fingerprint
    try:
        authority = enrolled.ca if pinned is None else keys.pin_authority(enrolled.ca, pinned)
        is_ours = keys.is_for_key(enrolled.certificate, keys.load_key(pending.key.encode()))
    except ValueError as error:
        raise EnrolmentRefused(f"the server's certificates cannot be read: {error}") from error
    if authority is None:
        raise AuthorityMismatch("the server's authority is not the one that the token names")
    if not is_ours:
        raise EnrolmentRefused("the server certified another key than ours")
    identity = Identity(
        device_id=enrolled.device_id,
        server=pending.server,
        gateway=enrolled.gateway,
        trust_domain=enrolled.trust_domain,
        server_authority=pending.authority,
    )
    _forget_former(folder, identity)
    save_certificate(folder, pending.key.encode(), enrolled.certificate, authority)
    save_identity(folder, identity)
    (folder / PENDING).unlink(missing_ok=True)
    return identity


def _forget_former(folder: Path, identity: Identity) -> None:
    """What another device knew, readings and a seat's sessions, is none of the new one's server's business."""
    try:
        is_same = load_identity(folder).device_id == identity.device_id
    except NotEnrolled:
        is_same = False
    if not is_same:
        for file in folder.glob("agent.db*"):
            file.unlink()


def _explain(answer: Answer) -> str:
    try:
        problem = msgspec.json.decode(answer.body, type=_Problem)
    except msgspec.DecodeError:
        return f"the server answered {answer.status}"
    return f"the server answered {answer.status}: {problem.detail or problem.title or problem.code}"
