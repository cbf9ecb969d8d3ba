"""The door of the links: whoever has a valid one gets the file, as a download."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from gamekeeper.kernel.errors import NotFound
from gamekeeper.kernel.files.models import key_of
from gamekeeper.kernel.files.service import LinkExpired, check_link
from gamekeeper.kernel.http.dependencies import runtime_of
from gamekeeper.kernel.http.limits import Stranger
from gamekeeper.kernel.storage.storage import disposition

router = APIRouter(prefix="/api/v1/files", tags=["files"])

_ROW = "SELECT name, type, size FROM files WHERE organization_id = $1 AND id = $2"


@router.get("/{file_id}", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}})
async def download(
    request: Request,
    file_id: UUID,
    organization: UUID,
    expires: Annotated[int, Query(ge=0, lt=2**53)],
    signature: Annotated[str, Query(max_length=100)],
) -> Response:
    """Download a file by a link from this API. Needs no sign-in; raises LinkExpired, TooManyRequests."""
    runtime = runtime_of(request)
    try:
        check_link(runtime.root_key, organization, file_id, expires, signature, datetime.now(UTC))
    except LinkExpired:
        await Stranger(request).count()
        raise
    async with runtime.database.read(organization) as connection:
        row = await connection.fetchrow(_ROW, organization, file_id)
    if row is None:
        raise NotFound(kind="file")
    pieces = runtime.files.read(key_of(organization, file_id))
    # The first piece now: that content is missing must be an answer, and not an answer that breaks off.
    first = await anext(pieces, b"")
    return StreamingResponse(
        _joined(first, pieces),
        media_type=row["type"],
        headers={
            "content-length": str(row["size"]),
            "content-disposition": disposition(row["name"]),
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "private, max-age=300",
        },
    )


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
