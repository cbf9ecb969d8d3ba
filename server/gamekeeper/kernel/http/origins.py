"""Whether a browser's request comes from our own pages."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from gamekeeper.kernel.errors import Forbidden


class ForeignOrigin(Forbidden):
    """This request comes from another site's page. Open Gamekeeper at its own address."""


def is_own_origin(connection: HTTPConnection, origin: str, own: str) -> bool:
    """Whether a page of ours names itself so: by its address, or by the host that it was loaded from."""
    if origin.rstrip("/") == own:
        return True
    try:
        return urlsplit(origin).netloc == connection.headers.get("host")
    except ValueError:  # such as `http://[`
        return False


def require_own_origin(connection: HTTPConnection, own: str) -> None:
    """Raise ForeignOrigin where a browser says that another site's page sends the request.

    Every browser sends Origin with each POST and each socket, so a request with neither Origin nor Sec-Fetch-Site
    is a program that holds the cookie itself, which cannot be tricked into sending it.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        if connection.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise ForeignOrigin
        return
    if not is_own_origin(connection, origin, own):
        raise ForeignOrigin
