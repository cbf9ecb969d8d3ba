"""What happens to every request: an id, a size limit, security headers, a log line, a measurement."""

import time
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.http.problems import problem, unexpected
from gamekeeper.kernel.tracing import span

log = structlog.get_logger(__name__)

MOST_BODY_BYTES = 1024 * 1024

REQUESTS = Counter("gamekeeper_http_requests_total", "Requests answered.", ("method", "route", "status"))
SECONDS = Histogram("gamekeeper_http_request_duration_seconds", "Time to answer.", ("route",))

# As they go over the wire: every answer carries them.
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
    (b"x-frame-options", b"DENY"),
)
_ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000")
_NO_CONTENT = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_NOT_STORED = (b"cache-control", b"no-store")


class Edge:
    """One pure ASGI layer instead of a stack of them: each would cost every request."""

    def __init__(self, app: ASGIApp, *, https: bool, most_body: int = MOST_BODY_BYTES) -> None:
        self._app = app
        self._most_body = most_body
        self._always = (*_ALWAYS, _ONLY_HTTPS) if https else _ALWAYS
        self._too_large = f"The body may have at most {most_body} bytes. Send less at once."

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        scope["request_id"] = str(new_id())
        structlog.contextvars.bind_contextvars(request_id=scope["request_id"])
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(scope, message["headers"])
            await send(message)

        try:
            with span(f"HTTP {scope['method']}", {"request.id": scope["request_id"]}, Headers(scope=scope)):
                await self._limited(scope, receive, answer)
        finally:
            route: Any = scope.get("route")
            path: str = getattr(route, "path", "unmatched")
            seconds = time.perf_counter() - started
            REQUESTS.labels(scope["method"], path, str(status)).inc()
            SECONDS.labels(path).observe(seconds)
            log.debug("request", method=scope["method"], path=scope["path"], status=status, seconds=round(seconds, 4))
            structlog.contextvars.unbind_contextvars("request_id")

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isascii() and declared.isdigit() and int(declared) > self._most_body:
            await self._refuse(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most_body:
                # An HTTPException, because FastAPI turns whatever else is raised here into a 400.
                raise HTTPException(413, self._too_large)
            return message

        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except Exception as error:  # noqa: BLE001 - the outermost place that still dresses an answer; logged there
            answer = await unexpected(Request(scope, counted), error)
            if not begun:
                await answer(scope, counted, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        await problem(413, "too_large", self._too_large)(scope, receive, send)

    def _dress(self, scope: Scope, headers: list[tuple[bytes, bytes]]) -> None:
        told = {name for name, _ in headers}
        headers += self._always
        headers.append((b"x-request-id", scope["request_id"].encode()))
        if b"content-security-policy" not in told:
            headers.append(_NO_CONTENT)
        if b"cache-control" not in told and scope["path"].startswith("/api/"):
            headers.append(_NOT_STORED)
        headers += [(name.encode(), value.encode()) for name, value in scope.get("answer_headers", {}).items()]
