"""Idempotency-Key: a request that costs or sends something is done once, however often it arrives."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import ForeignKey, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import Base
from gamekeeper.kernel.errors import Invalid
from gamekeeper.kernel.keys.derived import derived
from gamekeeper.kernel.keys.keyring import decrypt, encrypt

MOST_KEY = 255


class IdempotencyKeyMissing(Invalid):
    """This request needs an Idempotency-Key header: any unique text, the same when you repeat the request."""


class IdempotencyKeyReused(Invalid):
    """This Idempotency-Key was already used for another request. Use a new key for a new request."""


class IdempotencyRow(Base):
    """An answer that was given, for as long as the same request may come again."""

    __tablename__ = "idempotency_keys"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True)
    actor_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int | None]
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed: an answer may hold what is shown once, such as an invitation's link."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), init=False)


async def once(
    ctx: Context, request: Request, act: Callable[[], Awaitable[BaseModel]], *, status: int = 201, required: bool = True
) -> JSONResponse:
    """Run `act` unless this actor already sent this key; then give the first answer again.

    Raises IdempotencyKeyMissing, IdempotencyKeyReused.
    """
    key = request.headers.get("idempotency-key", "").strip()
    if not key:
        if required:
            raise IdempotencyKeyMissing
        return JSONResponse((await act()).model_dump(mode="json"), status_code=status)
    if len(key) > MOST_KEY:
        raise IdempotencyKeyMissing(f"The Idempotency-Key may have at most {MOST_KEY} characters.")
    content = f"{request.method} {request.url.path}\n".encode() + await request.body()
    answer = await first_answer(ctx, key, content, act, status)
    headers = {"idempotency-replayed": "true"} if answer.repeated else None
    return JSONResponse(answer.body, status_code=answer.status, headers=headers)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time, and whether this is that time or another one."""

    body: Any
    status: int
    repeated: bool


async def first_answer(
    ctx: Context, key: str, content: bytes, act: Callable[[], Awaitable[BaseModel]], status: int
) -> Answer:
    """Run `act` unless this actor already used `key`, from whatever door; `content` tells one request from another.

    The key is claimed in the transaction of `act`: a second request with it waits for the first to end, and a
    first that fails leaves no trace, so it may be tried again. Raises IdempotencyKeyReused.
    """
    digest = hashlib.sha256(content).hexdigest()
    connection = await ctx.raw()
    actor_id = ctx.actor.id or ctx.organization_id
    claimed = await connection.fetchval(
        """INSERT INTO idempotency_keys (organization_id, actor_id, key, request_hash)
           VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING 1""",
        ctx.organization_id,
        actor_id,
        key,
        digest,
    )
    if not claimed:
        return await _again(ctx, actor_id, key, digest)
    answer = (await act()).model_dump(mode="json")
    await (await ctx.raw()).execute(
        """UPDATE idempotency_keys SET status = $4, answer = $5
           WHERE organization_id = $1 AND actor_id = $2 AND key = $3""",
        ctx.organization_id,
        actor_id,
        key,
        status,
        encrypt(_cipher(ctx), json.dumps(answer).encode(), _bound(ctx, actor_id, key)),
    )
    return Answer(answer, status, repeated=False)


async def _again(ctx: Context, actor_id: UUID, key: str, digest: str) -> Answer:
    connection = await ctx.raw()
    row = await connection.fetchrow(
        """SELECT request_hash, status, answer FROM idempotency_keys
           WHERE organization_id = $1 AND actor_id = $2 AND key = $3""",
        ctx.organization_id,
        actor_id,
        key,
    )
    if row is None or row["request_hash"] != digest:
        raise IdempotencyKeyReused
    answer = json.loads(decrypt(_cipher(ctx), row["answer"], _bound(ctx, actor_id, key)))
    return Answer(answer, row["status"], repeated=True)


def _cipher(ctx: Context) -> AESGCM:
    return AESGCM(derived(ctx.runtime.root_key, "answers to repeated requests"))


def _bound(ctx: Context, actor_id: UUID, key: str) -> bytes:
    return ctx.organization_id.bytes + actor_id.bytes + key.encode()
