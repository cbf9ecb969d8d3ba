"""Doors: the list of one's sign-ins, and ending them."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from gamekeeper.kernel.http import GlobalCtx
from gamekeeper.kernel.identity.people import person_id
from gamekeeper.kernel.identity.sessions import service
from gamekeeper.kernel.identity.sessions.devices import described
from gamekeeper.kernel.identity.sessions.models import End

router = APIRouter(prefix="/api/v1/me/sessions", tags=["me"])


class AuthSessionOut(BaseModel):
    """A sign-in that still holds."""

    id: UUID
    device: str
    user_agent: str
    ip: str
    second_factor: bool
    current: bool
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


class AuthSessionsOut(BaseModel):
    """One's sign-ins, the last used first; at most 200."""

    items: list[AuthSessionOut]


@router.get("")
async def list_sessions(ctx: GlobalCtx) -> AuthSessionsOut:
    """Where I am signed in."""
    rows = await service.listed(ctx, person_id(ctx.who))
    items = [
        AuthSessionOut(
            id=row.id,
            device=described(row.user_agent),
            user_agent=row.user_agent,
            ip=row.ip,
            second_factor=row.second_factor,
            current=row.id == ctx.who.session_id,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
        )
        for row in rows
    ]
    return AuthSessionsOut(items=items)


@router.delete("", status_code=204)
async def end_all_sessions(ctx: GlobalCtx, *, keep_current: bool = False) -> None:
    """Sign out everywhere; with `keep_current`, everywhere else."""
    keep = ctx.who.session_id if keep_current else None
    await service.end_all(ctx, person_id(ctx.who), End.EVERYWHERE, keep=keep)


@router.delete("/{session_id}", status_code=204)
async def end_session(session_id: UUID, ctx: GlobalCtx) -> None:
    """End one sign-in."""
    await service.end(ctx, person_id(ctx.who), session_id, End.REVOKED)
