"""Claim tokens for operators; enrolment, approval polls and late renewals for machines."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from gamekeeper.kernel.http import Ctx, Page, PageQuery
from gamekeeper.kernel.http.dependencies import facts_of, runtime_of
from gamekeeper.kernel.http.limits import spend_of
from gamekeeper.kernel.http.texts import Line
from gamekeeper.modules.fleet.authority.service import load
from gamekeeper.modules.fleet.enrolment import claims, service
from gamekeeper.modules.fleet.enrolment.models import ClaimToken
from gamekeeper_wire.agent import Mode
from gamekeeper_wire.limits import MAX_PEM

router = APIRouter(tags=["enrolment"])

ENROLMENTS_PER_MINUTE = 300
"""For each address: the machines of one venue share theirs, and may all be enrolled at once."""
POLLS_PER_MINUTE = 3000
_WILDCARDS = {"", "0.0.0.0", "::"}  # noqa: S104 - compared with, not listened on

Text = Annotated[str, Field(max_length=255, pattern=r"^[^\x00]*$")]
Pem = Annotated[str, Field(min_length=1, max_length=MAX_PEM)]


class ClaimTokenIn(BaseModel):
    """A claim token to make."""

    label: Annotated[Line, Field(max_length=255)] = ""
    site_id: UUID | None = None
    group_id: UUID | None = None
    device_id: UUID | None = Field(None, description="A device that is there already, to enrol (again).")
    approval: Literal["automatic", "manual"] = "automatic"
    expires_in: int = Field(86_400, ge=60, le=90 * 86_400, description="Seconds.")


class ClaimTokenOut(BaseModel):
    """A claim token without its text."""

    id: UUID
    label: str
    site_id: UUID | None
    group_id: UUID | None
    device_id: UUID | None = Field(description="The device to enrol, or the one that used it.")
    approval: Literal["automatic", "manual"]
    state: Literal["open", "used", "revoked", "expired"]
    expires_at: datetime
    used_at: datetime | None
    made_by: str


class ClaimTokenMadeOut(ClaimTokenOut):
    """A claim token just made; `token` is shown this once."""

    token: str
    server: str | None = Field(description="GAMEKEEPER_PUBLIC_URL, which machines enrol at; null where it is not set.")


class EnrolmentIn(BaseModel):
    """A machine that asks to join."""

    token: str = Field(max_length=200)
    csr: Pem
    hostname: Text = ""
    mode: Mode = Mode.OBSERVE
    machine: dict[Text, Text | int | None] = Field(default_factory=dict, max_length=32)


class RenewalIn(BaseModel):
    """A certificate, perhaps expired, and a request for the next one signed by the same key."""

    certificate: Pem
    csr: Pem


class GatewayOut(BaseModel):
    """Where agents connect to."""

    host: str
    port: int


class EnrolledOut(BaseModel):
    """A certificate (PEM, with its issuer) and whom to trust."""

    device_id: UUID
    certificate: str
    ca: str
    gateway: GatewayOut
    trust_domain: str


class WaitingOut(BaseModel):
    """Somebody has to approve: ask `poll_url` with `Authorization: Bearer <poll_secret>`."""

    poll_url: str
    poll_secret: str
    retry_after_seconds: int


async def stranger(request: Request) -> None:
    """The rate limit of machines that ask to join. Raises TooManyRequests."""
    await spend_of(request, f"enrolment:{facts_of(request).ip}", ENROLMENTS_PER_MINUTE)


async def waiting(request: Request) -> None:
    """The rate limit of machines that wait, a whole venue of them behind one address. Raises TooManyRequests."""
    await spend_of(request, f"enrolment-poll:{facts_of(request).ip}", POLLS_PER_MINUTE)


@router.post("/api/v1/claim-tokens", status_code=201)
async def make_claim_token(ctx: Ctx, body: ClaimTokenIn) -> ClaimTokenMadeOut:
    """Make a token with which one machine becomes one device."""
    authority = await load(ctx.runtime, ctx.now)
    token, text = await claims.make_claim(
        ctx,
        fingerprint=authority.fingerprint,
        label=body.label,
        life=timedelta(seconds=body.expires_in),
        needs_approval=body.approval == "manual",
        site_id=body.site_id,
        group_id=body.group_id,
        device_id=body.device_id,
    )
    server = ctx.runtime.settings.public_url.rstrip("/") or None
    return ClaimTokenMadeOut(**_described(token, ctx.now), token=text, server=server)


@router.get("/api/v1/claim-tokens")
async def list_claim_tokens(ctx: Ctx, page: PageQuery) -> Page[ClaimTokenOut]:
    """Claim tokens, newest first."""
    rows = await claims.list_claims(ctx, page.limit + 1, page.after_id)
    found = page.page(rows, lambda row: [row.id])
    return Page(items=[ClaimTokenOut(**_described(row, ctx.now)) for row in found.items], next=found.next)


@router.delete("/api/v1/claim-tokens/{token_id}", status_code=204)
async def revoke_claim_token(ctx: Ctx, token_id: UUID) -> None:
    """Take a token back before it is used."""
    await claims.revoke_claim(ctx, token_id)


@router.post(
    "/api/v1/enrolments",
    status_code=201,
    dependencies=[Depends(stranger)],
    response_model=EnrolledOut,
    responses={202: {"model": WaitingOut}},
)
async def enrol(request: Request, body: EnrolmentIn) -> Response:
    """Become a device with a claim token and a certificate request. Needs no sign-in."""
    asked = service.Asked(body.token, body.csr, body.hostname, body.mode, dict[str, Any](body.machine))
    outcome = await service.enrol(runtime_of(request), facts_of(request), asked)
    return _answer(request, outcome, 201)


@router.get(
    "/api/v1/enrolments/{request_id}",
    dependencies=[Depends(waiting)],
    response_model=EnrolledOut,
    responses={202: {"model": WaitingOut}},
)
async def poll_enrolment(
    request: Request, request_id: UUID, authorization: Annotated[str, Header(max_length=200)] = ""
) -> Response:
    """Ask whether an enrolment was approved. The credential is the poll secret."""
    secret = authorization.partition(" ")[2].strip()
    outcome = await service.poll(runtime_of(request), facts_of(request), request_id, secret)
    return _answer(request, outcome)


@router.post(
    "/api/v1/enrolments/renewals",
    dependencies=[Depends(stranger)],
    response_model=EnrolledOut,
    responses={202: {"model": WaitingOut}},
)
async def renew_expired(request: Request, body: RenewalIn) -> Response:
    """Renew a certificate that ran out while the machine was on a shelf. Needs no sign-in."""
    outcome = await service.renew_expired(runtime_of(request), facts_of(request), body.certificate, body.csr)
    return _answer(request, outcome)


def _answer(request: Request, outcome: service.Enrolled | service.Waiting, status: int = 200) -> Response:
    if isinstance(outcome, service.Waiting):
        waiting = WaitingOut(
            poll_url=f"/api/v1/enrolments/{outcome.request_id}",
            poll_secret=outcome.poll_secret,
            retry_after_seconds=service.POLL_SECONDS,
        )
        return JSONResponse(waiting.model_dump(mode="json"), status_code=202)
    settings = runtime_of(request).settings
    host = settings.agent_public_host or settings.agent_host
    if host in _WILDCARDS:
        host = request.url.hostname or host
    enrolled = EnrolledOut(
        device_id=outcome.device_id,
        certificate=outcome.chain,
        ca=outcome.bundle,
        gateway=GatewayOut(host=host, port=settings.agent_port),
        trust_domain=outcome.trust_domain,
    )
    return JSONResponse(enrolled.model_dump(mode="json"), status_code=status)


def _described(token: ClaimToken, now: datetime) -> dict[str, Any]:
    return {
        "id": token.id,
        "label": token.label,
        "site_id": token.site_id,
        "group_id": token.group_id,
        "device_id": token.device_id,
        "approval": "manual" if token.needs_approval else "automatic",
        "state": token.state(now),
        "expires_at": token.expires_at,
        "used_at": token.used_at,
        "made_by": token.made_by,
    }
