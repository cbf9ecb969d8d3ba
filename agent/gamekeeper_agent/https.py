"""The few HTTPS requests of an agent: enrolment and downloads. Everything else goes over the socket."""

import ssl
from collections.abc import Mapping
from http.client import HTTPException, HTTPMessage
from ipaddress import ip_address
from typing import IO, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

TIMEOUT = 20
_BUSY = frozenset({429, 502, 503, 504})
_RETRY_AFTER = 10
_MOST_RETRY_AFTER = 3600


class Unreachable(Exception):
    """The server could not be asked."""


class Busy(Unreachable):
    """The server has no time for this now. `seconds` is how long it wants to be left alone."""

    def __init__(self, message: str, seconds: int) -> None:
        """Remember how long to wait."""
        super().__init__(message)
        self.seconds = seconds


class InsecureAddress(Exception):
    """The address is plain HTTP to another machine."""


class Answer(NamedTuple):
    """Status, headers in lower case, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_busy(self) -> bool:
        """Whether the same may be asked again later: too many requests, or a server that is not up."""
        return self.status in _BUSY

    @property
    def retry_after(self) -> int:
        """Seconds that the server wants to be left alone, within reason."""
        told = self.headers.get("retry-after", "")
        return max(1, min(int(told), _MOST_RETRY_AFTER)) if told.isascii() and told.isdigit() else _RETRY_AFTER


class _NoRedirects(HTTPRedirectHandler):
    """A token is sent to the address that was typed and to no other."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow nothing."""


def check_address(url: str, *, allow_plain: bool = False) -> None:
    """Raises InsecureAddress unless it is HTTPS, this machine itself, or plain was asked for."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and (allow_plain or _is_loopback(parts.hostname or ""))):
        return
    raise InsecureAddress(f"{url!r} is not an https address (use --plain-http to send the token unprotected)")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def request(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    authority: str | None = None,
    limit: int = 256 * 1024,
) -> Answer:
    """Ask once; blocks. `authority` is a file of further trusted roots. Raises Unreachable."""
    context = ssl.create_default_context()
    if authority is not None:
        context.load_verify_locations(cafile=authority)
    opener = build_opener(HTTPSHandler(context=context), _NoRedirects)
    asked = Request(url, data=body, method=method, headers=dict(headers or {}))  # noqa: S310 (checked by check_address)
    try:
        with opener.open(asked, timeout=TIMEOUT) as response:
            data = response.read(limit + 1)
            status, fields = response.status, response.headers
    except HTTPError as error:
        with error:
            data = error.read(limit + 1)
        status, fields = error.code, error.headers
    except URLError as error:
        raise Unreachable(f"the server cannot be reached: {error.reason}") from error
    except (HTTPException, OSError, ValueError) as error:
        raise Unreachable(f"the server cannot be reached: {error}") from error
    if len(data) > limit:
        raise Unreachable(f"the answer is larger than {limit} bytes")
    return Answer(status, {name.lower(): value for name, value in fields.items()}, data)
