"""Doors: setting up two-step sign-in and taking it away."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.entrance.me.service import remove_mfa
from gamekeeper.kernel.errors import Forbidden
from gamekeeper.kernel.http.dependencies import Who, facts_of, runtime_of
from gamekeeper.kernel.identity.mfa import service, totp
from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.identity.people import person_id
from gamekeeper.kernel.identity.signin.attempts import charge, forgive
from gamekeeper.kernel.identity.signin.service import confirm
from gamekeeper.kernel.identity.signin.shapes import Code, Password
from gamekeeper.kernel.identity.users import service as users

router = APIRouter(prefix="/api/v1/auth/mfa", tags=["auth"])


class CurrentCodeWrong(Forbidden):
    """This code is wrong or was used before. Wait for the next one and try again."""


class MfaSetupIn(BaseModel):
    """The password once more: whoever finds a screen unlocked must not lock its owner out."""

    password: Password


class MfaSetupOut(BaseModel):
    """What the authenticator app needs: as a picture, as an address, and to type in. `qr_svg` is an SVG document."""

    secret: str
    uri: str
    qr_svg: str


class MfaCodeIn(BaseModel):
    """A code of the authenticator app (or, where it says so, a recovery code)."""

    code: Annotated[Code, Field(min_length=6)]


class MfaRemovalIn(BaseModel):
    """What it takes to take the second factor away."""

    password: Password
    code: Annotated[Code, Field(min_length=6)]


class RecoveryCodesOut(BaseModel):
    """Codes for when the phone is gone. They are shown this once."""

    recovery_codes: list[str]


@router.post("/setup")
async def set_up(body: MfaSetupIn, request: Request, who: Who) -> MfaSetupOut:
    """Begin: a secret for the app. Nothing changes until `verify` has seen a first code."""
    user = await _confirmed(request, who, body.password.get_secret_value())
    async with runtime_of(request).context(who, facts_of(request)) as ctx:
        secret = await service.start(ctx, user)
    uri = totp.enrolment_uri(secret, user.email)
    return MfaSetupOut(secret=secret, uri=uri, qr_svg=totp.qr_svg(uri))


@router.post("/verify")
async def verify(body: MfaCodeIn, request: Request, who: Who) -> RecoveryCodesOut:
    """Finish with a code of the app. From now on nobody signs in to this account without one."""
    user = await _charged(request, who)
    async with _answering(request, who) as ctx:
        codes = await service.complete(ctx, user, who.session_id, body.code)
        await forgive(ctx, user.email, str(who.session_id))
    return RecoveryCodesOut(recovery_codes=codes)


@router.post("/recovery-codes")
async def renew_recovery_codes(body: MfaCodeIn, request: Request, who: Who) -> RecoveryCodesOut:
    """New recovery codes; all older ones end. Takes a code of the app or one of the old ones."""
    user = await _charged(request, who)
    async with _answering(request, who) as ctx:
        codes = await service.renew_codes(ctx, user, body.code)
        await forgive(ctx, user.email, str(who.session_id))
    return RecoveryCodesOut(recovery_codes=codes)


@router.delete("", status_code=204)
async def remove(body: MfaRemovalIn, request: Request, who: Who) -> None:
    """Take two-step sign-in away, unless an organization requires it of me."""
    await _confirmed(request, who, body.password.get_secret_value())
    user = await _charged(request, who)
    async with _answering(request, who) as ctx:
        await remove_mfa(ctx, user.id, body.code)
        await forgive(ctx, user.email, str(who.session_id))


@asynccontextmanager
async def _answering(request: Request, who: Who) -> AsyncGenerator[Context]:
    """A context in which a wrong code is no 401: the sign-in is good, and a client must not renew it and ask again."""
    try:
        async with runtime_of(request).context(who, facts_of(request)) as ctx:
            yield ctx
    except service.MfaCodeInvalid as error:
        raise CurrentCodeWrong from error


async def _confirmed(request: Request, who: Who, password: str) -> User:
    runtime, facts = runtime_of(request), facts_of(request)
    async with runtime.context(who, facts) as ctx:
        user = await users.load(ctx, person_id(who))
    await confirm(runtime, facts, who.session_id, user.email, password)
    return user


async def _charged(request: Request, who: Who) -> User:
    """The caller's account, with an attempt counted: a stolen access token must not allow guessing codes."""
    async with runtime_of(request).context(who, facts_of(request)) as ctx:
        user = await users.load(ctx, person_id(who))
        await charge(ctx, user.email, str(who.session_id))
    return user
