"""Storing, reading and removing files, and links to them that expire."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterable
from datetime import datetime, timedelta
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.errors import Forbidden
from gamekeeper.kernel.files.jobs import forget_content
from gamekeeper.kernel.files.models import File, key_of
from gamekeeper.kernel.storage.storage import FileTooLarge

MOST_BYTES = 25 * 1024 * 1024
_MOST_NAME = 255


class LinkExpired(Forbidden):
    """This link is not valid any more. Open the page again to get a new one."""


async def put(
    ctx: Context,
    name: str,
    content: bytes | AsyncIterable[bytes],
    *,
    purpose: str,
    keep: timedelta | None = None,
    most_bytes: int = MOST_BYTES,
) -> File:
    """Store content as a file of the organization. `purpose` is a word such as `screenshot`; `keep` is how long.

    Raises FileTooLarge. A rollback leaves content that nobody knows of; a daily job removes it. A large upload
    belongs in an errand or a door of its own: the transaction is open while it is written.
    """
    file_id = new_id()
    key = key_of(ctx.organization_id, file_id)
    stored = await ctx.runtime.files.write(key, content, most_bytes=most_bytes, save_as=_shown(name))
    file = File(
        organization_id=ctx.organization_id,
        id=file_id,
        name=_shown(name),
        type=stored.type,
        size=stored.size,
        sha256=stored.sha256,
        purpose=purpose,
        expires_at=ctx.now + keep if keep else None,
    )
    ctx.add(file)
    await ctx.flush()
    return file


async def read(ctx: Context, file: File, most_bytes: int = MOST_BYTES) -> bytes:
    """The whole content of a file that is known to be small. Raises NotFound or FileTooLarge."""
    if file.size > most_bytes:
        raise FileTooLarge
    return b"".join([piece async for piece in ctx.runtime.files.read(file.key)])


async def remove(ctx: Context, file: File) -> None:
    """Delete a file; its content goes after the commit."""
    await forget_content.later(ctx, file_id=file.id)
    await ctx.delete(file)
    await ctx.flush()


async def link(ctx: Context, file: File, seconds: int = 300) -> str:
    """An address that gives the file to whoever has it, for some seconds: whoever asks here was permitted."""
    foreign = await ctx.runtime.files.signed(file.key, seconds)
    if foreign is not None:
        return foreign
    expires = int(ctx.now.timestamp()) + seconds
    signature = sign(ctx.runtime.root_key, file.organization_id, file.id, expires)
    return f"/api/v1/files/{file.id}?organization={file.organization_id}&expires={expires}&signature={signature}"


def check_link(
    root_key: bytes, organization_id: UUID, file_id: UUID, expires: int, signature: str, now: datetime
) -> None:
    """Raise LinkExpired unless the link was signed here for exactly this and its time is not over."""
    right = sign(root_key, organization_id, file_id, expires)
    if not hmac.compare_digest(right.encode(), signature.encode()) or now.timestamp() > expires:
        raise LinkExpired


def sign(root_key: bytes, organization_id: UUID, file_id: UUID, expires: int) -> str:
    """The signature of a link."""
    key = hmac.digest(root_key, b"gamekeeper file links", hashlib.sha256)
    said = organization_id.bytes + file_id.bytes + expires.to_bytes(8, "big")
    return base64.urlsafe_b64encode(hmac.digest(key, said, hashlib.sha256)).decode().rstrip("=")


def _shown(name: str) -> str:
    """A name as people may read it: one line, without control characters."""
    return "".join(c for c in name if c.isprintable()).strip()[:_MOST_NAME] or "file"
