"""A machine becomes a device, gets its next certificate, or waits until somebody approves it."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from gamekeeper.kernel.caller import Actor, ActorKind, Authenticated, RequestFacts
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import Forbidden
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.authority import profile, requests
from gamekeeper.modules.fleet.authority.models import Certificate
from gamekeeper.modules.fleet.authority.service import Authority, CertificateIssuer, load
from gamekeeper.modules.fleet.devices.models import Approval, Device
from gamekeeper.modules.fleet.devices.service import Newcomer, admit
from gamekeeper.modules.fleet.enrolment import secret
from gamekeeper.modules.fleet.enrolment.models import ClaimRefused, ClaimToken, EnrolmentRequest
from gamekeeper.modules.fleet.enrolment.succession import succeed
from gamekeeper.modules.fleet.events import CertificateRenewed, DeviceEnrolled
from gamekeeper_wire.agent import Mode

SHELF_TIME = timedelta(days=90)
"""How long after its end a certificate may still be renewed by whoever holds its key."""
PENDING_LIFE = timedelta(days=14)
ANSWER_LIFE = timedelta(minutes=10)
"""How long a machine may ask again for a certificate that it was given and perhaps never got."""
POLL_SECONDS = 10


class EnrolmentRejected(Forbidden):
    """Somebody declined to let this machine in."""


class RenewalRefused(Forbidden):
    """This certificate cannot be renewed. Enrol again with a claim token."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a machine says of itself when it asks to join."""

    token: str
    csr: str
    hostname: str
    mode: Mode
    machine: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A certificate, and whom to trust from now on."""

    device_id: UUID
    chain: str
    bundle: str
    trust_domain: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not yet: ask again with the secret."""

    request_id: UUID
    poll_secret: str


@dataclass(frozen=True, slots=True)
class Issued:
    """A new leaf and its row."""

    leaf: x509.Certificate
    row: Certificate


async def enrol(runtime: Runtime, facts: RequestFacts, asked: Asked) -> Enrolled | Waiting:
    """Use a claim token. Raises ClaimRefused for whatever is wrong with it, RequestMalformed, AuthorityMissing."""
    claim = secret.read(secret.CLAIM, asked.token)
    if claim is None:
        raise ClaimRefused
    key = requests.key_of_request(asked.csr)
    authority = await load(runtime, datetime.now(UTC))
    async with _as_machine(runtime, claim.organization_id, asked.hostname, facts) as ctx:
        token = await _token(ctx, claim.hash)
        is_repeated = token.used_at is not None
        if is_repeated:
            await _refuse_revoked(ctx, token)
        token.use(profile.hash_of_key(key), ctx.now)
        newcomer = Newcomer(
            name=token.label or asked.hostname.strip() or "Unnamed",
            site_id=token.site_id,
            group_id=token.group_id,
            needs_approval=token.needs_approval,
            hostname=asked.hostname,
            mode=asked.mode,
            machine=asked.machine,
        )
        device = await admit(ctx, token.device_id, newcomer, is_repeated=is_repeated)
        if token.device_id is not None and not is_repeated:
            await succeed(ctx, device, token)
        token.device_id = device.id
        if device.approval != Approval.APPROVED:
            return await _wait(ctx, device, asked.csr)
        return await _enrolled(ctx, authority, device, key)


async def poll(runtime: Runtime, facts: RequestFacts, request_id: UUID, poll_secret: str) -> Enrolled | Waiting:
    """Whether somebody approved. Raises EnrolmentRejected, or ClaimRefused for a secret that fits nothing."""
    carried = secret.read(secret.POLL, poll_secret)
    if carried is None:
        raise ClaimRefused
    authority = await load(runtime, datetime.now(UTC))
    async with _as_machine(runtime, carried.organization_id, "", facts) as ctx:
        statement = select(EnrolmentRequest).where(
            EnrolmentRequest.organization_id == ctx.organization_id,
            EnrolmentRequest.id == request_id,
            EnrolmentRequest.poll_hash == carried.hash,
            EnrolmentRequest.expires_at > ctx.now,
        )
        request = (await ctx.session.execute(statement.with_for_update())).scalar_one_or_none()
        device = None if request is None else await _device(ctx, request.device_id)
        if request is None or device is None or device.revoked_at is not None:
            raise ClaimRefused
        if device.approval == Approval.REJECTED:
            raise EnrolmentRejected
        if device.approval == Approval.PENDING:
            return Waiting(request.id, poll_secret)
        request.expires_at = min(request.expires_at, ctx.now + ANSWER_LIFE)
        return await _enrolled(ctx, authority, device, requests.key_of_request(request.csr))


async def renew_expired(runtime: Runtime, facts: RequestFacts, certificate: str, csr: str) -> Enrolled | Waiting:
    """A certificate, perhaps expired, and a request signed by the same key. Past SHELF_TIME somebody must approve.

    Raises RenewalRefused, CertificateMalformed, RequestMalformed.
    """
    leaf, key = requests.leaf_of(certificate), requests.key_of_request(csr)
    authority = await load(runtime, datetime.now(UTC))
    try:
        name = profile.name_of(leaf, authority.trust_domain)
    except profile.ProfileViolation as error:
        raise RenewalRefused from error
    if not authority.is_ours(leaf) or leaf.public_key() != key:
        raise RenewalRefused
    async with _as_machine(runtime, name.organization_id, "", facts) as ctx:
        device = await _device(ctx, name.device_id)
        if device is None or device.revoked_at is not None or not await _is_known(ctx, name):
            raise RenewalRefused
        if device.approval == Approval.APPROVED and ctx.now - name.not_after > SHELF_TIME:
            device.approval = Approval.PENDING
        if device.approval != Approval.APPROVED:
            return await _wait(ctx, device, csr)
        renewed = await issue(ctx, authority, device, key)
        await _tell_renewed(ctx, device, renewed)
        return Enrolled(device.id, authority.chain(renewed.leaf), authority.bundle(), authority.trust_domain)


async def renew(ctx: Context, authority: Authority, device: Device, csr: str, shown_serial: str) -> Issued:
    """The next certificate of a connected device. It takes nothing away: whether it arrives is known when it is shown.

    Raises RenewalRefused for a device or a certificate that was revoked while its socket is still about to close.
    """
    if device.revoked_at is not None or device.approval != Approval.APPROVED:
        raise RenewalRefused
    if await _is_revoked(ctx, shown_serial):
        raise RenewalRefused
    issued = await issue(ctx, authority, device, requests.key_of_request(csr))
    await _tell_renewed(ctx, device, issued)
    return issued


async def issue(ctx: Context, issuer: CertificateIssuer, device: Device, key: ec.EllipticCurvePublicKey) -> Issued:
    """Sign a certificate for the device and write its serial down in the same transaction."""
    life = timedelta(days=ctx.runtime.settings.agent_certificate_days)
    leaf = issuer.issue(key, ctx.organization_id, device.id, ctx.now, life)
    row = Certificate(
        organization_id=ctx.organization_id,
        device_id=device.id,
        serial=profile.serial_of(leaf),
        key_hash=profile.hash_of_key(key),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
    )
    ctx.add(row)
    await ctx.flush()
    return Issued(leaf, row)


async def _enrolled(ctx: Context, authority: Authority, device: Device, key: ec.EllipticCurvePublicKey) -> Enrolled:
    issued = await issue(ctx, authority, device, key)
    await emit(
        ctx,
        DeviceEnrolled(
            subject_id=device.id, subject_label=device.name, hostname=device.hostname, serial=issued.row.serial
        ),
    )
    return Enrolled(device.id, authority.chain(issued.leaf), authority.bundle(), authority.trust_domain)


async def _tell_renewed(ctx: Context, device: Device, issued: Issued) -> None:
    event = CertificateRenewed(
        subject_id=device.id, subject_label=device.name, serial=issued.row.serial, not_after=issued.row.not_after
    )
    await emit(ctx, event)


async def _wait(ctx: Context, device: Device, csr: str) -> Waiting:
    text, hashed = secret.make(secret.POLL, ctx.organization_id)
    request = EnrolmentRequest(
        organization_id=ctx.organization_id,
        device_id=device.id,
        csr=csr,
        poll_hash=hashed,
        expires_at=ctx.now + PENDING_LIFE,
    )
    ctx.add(request)
    await ctx.flush()
    return Waiting(request.id, text)


async def _token(ctx: Context, hashed: str) -> ClaimToken:
    # Locked: of two machines with one token the second waits here, and then finds it used.
    statement = select(ClaimToken).where(
        ClaimToken.organization_id == ctx.organization_id, ClaimToken.secret_hash == hashed
    )
    token = (await ctx.session.execute(statement.with_for_update())).scalar_one_or_none()
    if token is None:
        raise ClaimRefused
    return token


async def _refuse_revoked(ctx: Context, token: ClaimToken) -> None:
    """A token that was used is for a lost answer. It must not bring back what was revoked or declined since."""
    device = None if token.device_id is None else await _device(ctx, token.device_id)
    if device is None or device.revoked_at is not None or device.approval == Approval.REJECTED:
        raise ClaimRefused


async def _device(ctx: Context, device_id: UUID) -> Device | None:
    statement = select(Device).where(Device.organization_id == ctx.organization_id, Device.id == device_id)
    return (await ctx.session.execute(statement.with_for_update())).scalar_one_or_none()


async def _is_known(ctx: Context, name: profile.DeviceName) -> bool:
    statement = select(Certificate.id).where(
        Certificate.organization_id == ctx.organization_id,
        Certificate.device_id == name.device_id,
        Certificate.serial == name.serial,
        Certificate.revoked_at.is_(None),
    )
    return (await ctx.session.execute(statement)).scalar_one_or_none() is not None


async def _is_revoked(ctx: Context, serial: str) -> bool:
    statement = select(Certificate.id).where(
        Certificate.organization_id == ctx.organization_id,
        Certificate.serial == serial,
        Certificate.revoked_at.is_not(None),
    )
    return (await ctx.session.execute(statement)).scalar_one_or_none() is not None


def _as_machine(
    runtime: Runtime, organization_id: UUID, label: str, facts: RequestFacts
) -> AbstractAsyncContextManager[Context]:
    actor = Actor(ActorKind.DEVICE, label=label)
    return runtime.context(Authenticated(actor=actor, organization_id=organization_id), facts)
