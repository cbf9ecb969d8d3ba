"""The cookie of the refresh token."""

from datetime import datetime

from fastapi import Request, Response

from gamekeeper.kernel.http.dependencies import runtime_of

NAME = "gamekeeper_refresh"
PATH = "/api/v1/auth"


def give(request: Request, response: Response, token: str, expires_at: datetime) -> None:
    """Let the browser keep `token`, where no script can read it and no other site can send it."""
    response.set_cookie(
        NAME, token, path=PATH, expires=expires_at, httponly=True, samesite="strict", secure=_secure(request)
    )


def take_away(request: Request, response: Response) -> None:
    """Let the browser forget it."""
    response.delete_cookie(NAME, path=PATH, httponly=True, samesite="strict", secure=_secure(request))


def _secure(request: Request) -> bool:
    own = runtime_of(request).settings.origin
    return request.url.scheme == "https" or own.startswith("https://")
