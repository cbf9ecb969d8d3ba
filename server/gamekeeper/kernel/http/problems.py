"""Errors as application/problem+json (RFC 9457) with a stable code; nothing of a bug leaves the process."""

from collections.abc import Iterator
from typing import Any, cast

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from gamekeeper.kernel.database.pools import DATABASE_LOST, DatabaseLost, UnfitStatement, is_deadlock, is_lost
from gamekeeper.kernel.errors import GamekeeperError, Gone, Unavailable

log = structlog.get_logger(__name__)

TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    410: "Gone",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Unsupported media type",
    422: "Not valid",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def problem(status: int, code: str, detail: str, **members: Any) -> Response:
    """One problem document."""
    body = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
    }
    return JSONResponse(
        jsonable_encoder({**members, **body}), status_code=status, media_type="application/problem+json"
    )


PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457). `code` is stable; some problems have more members.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "message", "kind"],
                "properties": {name: {"type": "string"} for name in ("where", "message", "kind")},
            },
        },
    },
    "additionalProperties": True,
}
_ANY_ERROR = {
    "description": "A problem",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """Say in the API's description what every error looks like, in place of the framework's own idea of it."""
    schemas = document["components"]["schemas"]
    for foreign in ("HTTPValidationError", "ValidationError"):
        schemas.pop(foreign, None)
    schemas["Problem"] = PROBLEM
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _ANY_ERROR
    return document


def refusal(error: GamekeeperError) -> Response:
    """The problem document of an error that has a name."""
    answer = problem(error.status, error.code, error.message, **error.details)
    if "retry_after" in error.details:
        answer.headers["retry-after"] = str(error.details["retry_after"])
    return answer


async def _known(_request: Request, error: Exception) -> Response:
    return refusal(cast("GamekeeperError", error))


async def _invalid(_request: Request, error: Exception) -> Response:
    faults = [
        {"where": ".".join(str(part) for part in fault["loc"]), "message": _said(fault), "kind": fault["type"]}
        for fault in cast("RequestValidationError", error).errors()[:50]
    ]
    return problem(422, "invalid", "The request is not valid: " + _summary(faults), errors=faults)


_WORDS = {
    "missing": "is missing",
    "string_too_short": "must have at least {min_length} characters",
    "too_short": "must have at least {min_length} characters",
    "string_too_long": "may have at most {max_length} characters",
    "too_long": "may have at most {max_length} characters",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "may be at most {le}",
    "less_than": "must be less than {lt}",
}


def _said(fault: dict[str, Any]) -> str:
    """What is wrong with a field, as a person would say it; the library's words where there are none of ours."""
    kind, facts = fault["type"], fault.get("ctx", {})
    words = _WORDS.get(kind)
    if facts.get("min_length") == 1:
        words = "must not be empty"
    elif facts.get("field_type", "Value") != "Value":
        words = None  # a list has items, not characters
    return words.format(**facts) if words else str(fault["msg"]).removeprefix("Value error, ")


def _summary(faults: list[dict[str, Any]]) -> str:
    first = faults[0] if faults else {"where": "body", "message": "malformed"}
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    field = first["where"].removeprefix("body.").removeprefix("query.")
    said = first["message"]
    return f"{field}{' ' if said[:1].islower() else ': '}{said}{more}."


async def _http(_request: Request, error: Exception) -> Response:
    known = cast("HTTPException", error)
    answer = problem(known.status_code, _CODES.get(known.status_code, "http_error"), str(known.detail))
    answer.headers.update(known.headers or {})
    return answer


async def _database(_request: Request, error: Exception) -> Response:
    log.warning("database unavailable", error=str(error))
    answer = problem(Unavailable.status, "database_unavailable", "The database does not answer. Try again shortly.")
    answer.headers["retry-after"] = "2"
    return answer


async def _bug(request: Request, error: Exception) -> Response:
    request_id: str = request.scope.get("request_id", "")
    log.error("internal error", path=request.url.path, method=request.method, exc_info=error)
    return problem(
        500,
        "internal_error",
        "Something broke on our side. Tell your administrator the request id.",
        request_id=request_id,
    )


async def _unwritable(_request: Request, error: Exception) -> Response:
    log.info("text that cannot be stored", error=type(error).__name__)
    return problem(422, "text_unwritable", "The request has text with characters that cannot be stored. Remove them.")


async def _overtaken(_request: Request, error: Exception) -> Response:
    log.warning("something that was referred to is gone", error=str(error))
    gone = Gone("Something that this refers to was removed meanwhile. Load it again and retry.")
    return problem(gone.status, gone.code, gone.message)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _says(error: Exception, *states: str) -> bool:
    return any(getattr(cause, "sqlstate", None) in states for cause in _causes(error))


# What cannot be read from the disk is a bug or a full disk, and no lost database.
_LOST = (ConnectionError, *(kind for kind in DATABASE_LOST if kind is not OSError))


def _may_pass(error: Exception) -> bool:
    """Whether the same request may succeed a moment later: the database is lost, or has rolled back a deadlock."""
    for cause in _causes(error):
        if isinstance(cause, UnfitStatement):
            return False
        if isinstance(cause, DBAPIError):
            return isinstance(cause, DatabaseLost) or is_lost(cause.orig) or is_deadlock(cause)
        if isinstance(cause, (*_LOST, asyncpg.DeadlockDetectedError)):
            return True
    return False


async def unexpected(request: Request, error: Exception) -> Response:
    """The answer to an error that no handler of the framework took."""
    # A lone surrogate (which JSON can escape, UTF-8 cannot write) or a NUL (which PostgreSQL cannot store).
    if any(isinstance(cause, UnicodeEncodeError) for cause in _causes(error)) or _says(error, "22021", "22P05"):
        return await _unwritable(request, error)
    if _says(error, "23503"):  # a foreign key: what is referred to was there when it was looked up
        return await _overtaken(request, error)
    return await (_database if _may_pass(error) else _bug)(request, error)


def install(app: FastAPI) -> None:
    """Answer every error as a problem. What is left, `Edge` asks `unexpected` about."""
    app.add_exception_handler(GamekeeperError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, unexpected)
    app.add_exception_handler(PoolTimeout, _database)
    app.add_exception_handler(UnicodeEncodeError, _unwritable)
