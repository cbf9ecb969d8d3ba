"""Doors: sign in, sign out, refresh. They open their own transactions; see service."""

from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Request, Response
from pydantic import BaseModel

from gamekeeper.kernel.caller import Actor, ActorKind, Authenticated, RequestFacts
from gamekeeper.kernel.errors import Unauthenticated
from gamekeeper.kernel.http.dependencies import authenticated, facts_of, runtime_of
from gamekeeper.kernel.http.limits import spend
from gamekeeper.kernel.http.origins import require_own_origin
from gamekeeper.kernel.identity.sessions import service as sessions
from gamekeeper.kernel.identity.sessions.models import End
from gamekeeper.kernel.identity.signin import cookies
from gamekeeper.kernel.identity.signin.service import Browser, sign_in
from gamekeeper.kernel.identity.signin.shapes import Code, Email, Password, SignedIn, signed_in

router = APIRouter(prefix="/api/v1/auth", tags=["auth"])


class SessionOver(Unauthenticated):
    """Your sign-in has ended. Sign in again."""


class LoginIn(BaseModel):
    """Who wants in. `code` is of the authenticator app or a recovery code, once `mfa_required` was answered."""

    email: Email
    password: Password
    code: Code | None = None


async def stranger(request: Request) -> RequestFacts:
    """A request from our own page that no access token is asked for; counted by address."""
    facts = facts_of(request)
    await spend(request, Actor(ActorKind.ANONYMOUS, label=facts.ip))
    require_own_origin(request, runtime_of(request).settings.origin)
    return facts


Stranger = Annotated[RequestFacts, Depends(stranger)]
RefreshCookie = Annotated[str | None, Cookie(alias=cookies.NAME, max_length=200)]


@router.post("/login")
async def login(
    body: LoginIn, request: Request, response: Response, facts: Stranger, gamekeeper_refresh: RefreshCookie = None
) -> SignedIn:
    """Sign in; what this browser was signed in as before ends.

    401 `bad_credentials`, `mfa_required` (send the same again with `code`) or `mfa_code_invalid`.
    """
    runtime = runtime_of(request)
    browser = Browser(request.headers.get("user-agent", ""), request.cookies.get(cookies.DEVICE))
    started = await sign_in(runtime, facts, browser, body.email, body.password.get_secret_value(), body.code)
    if gamekeeper_refresh:
        async with runtime.context(Authenticated(), facts) as ctx:
            await sessions.end_by_token(ctx, gamekeeper_refresh)
    cookies.begin(request, response, started)
    return signed_in(runtime.root_key, started)


@router.post("/refresh")
async def refresh(
    request: Request, response: Response, facts: Stranger, gamekeeper_refresh: RefreshCookie = None
) -> SignedIn:
    """A new access token for the cookie, which is exchanged for the next one. 401 `session_over` when it is over."""
    runtime = runtime_of(request)
    went_on = None
    if gamekeeper_refresh:
        async with runtime.context(Authenticated(), facts) as ctx:
            user_agent, browser = request.headers.get("user-agent", ""), "origin" in request.headers
            went_on = await sessions.refresh(ctx, gamekeeper_refresh, user_agent, browser=browser)
    if went_on is None:
        # The error has an answer of its own, so the cookie is taken away by the headers of any answer.
        forgotten = Response()
        cookies.take_away(request, forgotten)
        request.scope.setdefault("answer_headers", {})["set-cookie"] = forgotten.headers["set-cookie"]
        raise SessionOver
    cookies.give(request, response, went_on)
    return signed_in(runtime.root_key, went_on)


@router.post("/logout", status_code=204)
async def logout(
    request: Request, response: Response, facts: Stranger, gamekeeper_refresh: RefreshCookie = None
) -> None:
    """End this sign-in, by the cookie or, without one, by the access token. What was over already stays so."""
    runtime = runtime_of(request)
    if gamekeeper_refresh:
        async with runtime.context(Authenticated(), facts) as ctx:
            await sessions.end_by_token(ctx, gamekeeper_refresh)
    elif "authorization" in request.headers:
        who = await authenticated(request)
        if who.actor.kind is ActorKind.USER and who.actor.id and who.session_id:
            async with runtime.context(who, facts) as ctx:
                await sessions.end(ctx, who.actor.id, who.session_id, End.SIGNED_OUT)
    cookies.take_away(request, response)
