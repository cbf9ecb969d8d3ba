"""Doors: whether the installation is fresh, and its first owner."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, SecretStr

from gamekeeper.kernel.caller import Authenticated
from gamekeeper.kernel.entrance.setup import service
from gamekeeper.kernel.http.dependencies import runtime_of
from gamekeeper.kernel.identity import passwords
from gamekeeper.kernel.identity.signin import cookies
from gamekeeper.kernel.identity.signin.api import Stranger
from gamekeeper.kernel.identity.signin.service import admit
from gamekeeper.kernel.identity.signin.shapes import Email, Name, Password, SignedIn, signed_in
from gamekeeper.kernel.identity.strength import refuse_weak

router = APIRouter(prefix="/api/v1/setup", tags=["setup"])


class SetupOut(BaseModel):
    """Whether nobody has an account yet, so that the set-up link is waited for; whether mail can be sent."""

    needed: bool
    mail: bool


class SetupIn(BaseModel):
    """The first organization and its owner. `token` is what stands behind the # of the set-up link."""

    token: Annotated[SecretStr, Field(max_length=200)]
    organization: Annotated[Name, Field(min_length=1)]
    name: Annotated[Name, Field(min_length=1)]
    email: Email
    password: Password
    time_zone: str = Field("UTC", max_length=60)


@router.get("")
async def show(request: Request, facts: Stranger) -> SetupOut:
    """Whether the installation is fresh."""
    runtime = runtime_of(request)
    async with runtime.context(Authenticated(), facts) as ctx:
        return SetupOut(needed=await service.needed(ctx), mail=runtime.settings.smtp_url is not None)


@router.post("", status_code=201)
async def set_up(body: SetupIn, request: Request, response: Response, facts: Stranger) -> SignedIn:
    """Make the first organization and its owner, who is signed in at once. Works once."""
    runtime = runtime_of(request)
    password = body.password.get_secret_value()
    refuse_weak(password, body.email, body.name, body.organization)
    password_hash = await passwords.hashed(password)
    async with runtime.context(Authenticated(), facts) as ctx:
        user = await service.set_up(
            ctx, body.token.get_secret_value(), body.organization, body.name, body.email, password_hash, body.time_zone
        )
        started = await admit(ctx, user.id, request.headers.get("user-agent", ""))
    cookies.begin(request, response, started)
    return signed_in(runtime.root_key, started)
