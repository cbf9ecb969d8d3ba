"""Doors: a forgotten password."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, SecretStr

from gamekeeper.kernel.caller import Authenticated
from gamekeeper.kernel.errors import Unavailable
from gamekeeper.kernel.http.dependencies import runtime_of
from gamekeeper.kernel.identity import passwords
from gamekeeper.kernel.identity.models import normalized
from gamekeeper.kernel.identity.reset import service
from gamekeeper.kernel.identity.reset.jobs import send_reset
from gamekeeper.kernel.identity.signin.api import Stranger
from gamekeeper.kernel.identity.signin.shapes import Email, Password
from gamekeeper.kernel.identity.strength import refuse_weak

router = APIRouter(prefix="/api/v1/auth/password-reset", tags=["auth"])


class MailNotConfigured(Unavailable):
    """No mail can be sent from here. Ask your administrator for a new password."""


class ResetIn(BaseModel):
    """Who forgot the password."""

    email: Email


class NewPasswordIn(BaseModel):
    """A new password. `token` is what stands behind the # of the link."""

    token: Annotated[SecretStr, Field(max_length=100)]
    password: Password


@router.post("", status_code=202)
async def ask_for_reset(body: ResetIn, request: Request, facts: Stranger) -> None:
    """Mail a link, if there is such an account. The answer is the same if there is none."""
    runtime = runtime_of(request)
    if runtime.settings.smtp_url is None:
        raise MailNotConfigured
    async with runtime.context(Authenticated(), facts) as ctx:
        await send_reset.later(ctx, email=normalized(body.email))


@router.put("", status_code=204)
async def reset_password(body: NewPasswordIn, request: Request, facts: Stranger) -> None:
    """Set a new password by the link. All sign-ins end; sign in with the new password."""
    runtime, token = runtime_of(request), body.token.get_secret_value()
    async with runtime.context(Authenticated(), facts) as ctx:
        # Before the work of hashing, and so that strangers cannot make us do it.
        user = await service.owner_of(ctx, token)
    password = body.password.get_secret_value()
    refuse_weak(password, user.email, user.name)
    password_hash = await passwords.hashed(password)
    async with runtime.context(Authenticated(), facts) as ctx:
        await service.use_link(ctx, token, password_hash)
