"""The cookies: the refresh token, and the mark of a browser that somebody signed in with before."""

from fastapi import Request, Response

from gamekeeper.kernel.http.dependencies import runtime_of
from gamekeeper.kernel.identity.sessions.service import Refreshed
from gamekeeper.kernel.identity.signin.devices import marked

NAME = "gamekeeper_refresh"
DEVICE = "gamekeeper_device"
PATH = "/api/v1/auth"
_YEAR_SECONDS = 365 * 24 * 3600


def begin(request: Request, response: Response, started: Refreshed) -> None:
    """Let the browser keep a sign-in, and know it again when its person signs in the next time."""
    give(request, response, started)
    mark = marked(runtime_of(request).root_key, request.cookies.get(DEVICE), started.user.email)
    response.set_cookie(
        DEVICE, mark, path=PATH, max_age=_YEAR_SECONDS, httponly=True, samesite="strict", secure=_secure(request)
    )


def give(request: Request, response: Response, started: Refreshed) -> None:
    """Let the browser keep the refresh token, where no script can read it and no other site can send it."""
    token, expires_at = started.refresh_token, started.session.expires_at
    response.set_cookie(
        NAME, token, path=PATH, expires=expires_at, httponly=True, samesite="strict", secure=_secure(request)
    )


def take_away(request: Request, response: Response) -> None:
    """Let the browser forget it."""
    response.delete_cookie(NAME, path=PATH, httponly=True, samesite="strict", secure=_secure(request))


def _secure(request: Request) -> bool:
    own = runtime_of(request).settings.origin
    return request.url.scheme == "https" or own.startswith("https://")
