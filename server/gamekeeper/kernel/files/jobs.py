"""Removing content whose file is gone."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import delete, select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.files.models import File, key_of
from gamekeeper.kernel.jobs import Errand, errand, every, job

log = structlog.get_logger(__name__)

_ORPHAN_AFTER = timedelta(days=1)


@errand
async def forget_content(errand: Errand, *, file_id: UUID) -> None:
    """Remove the content of a deleted file."""
    organization_id = errand.who.organization_id
    if organization_id is not None:
        await errand.runtime.files.delete(key_of(organization_id, file_id))


@every("17 * * * *", each_organization=True)
@job(retries=3)
async def forget_expired(ctx: Context) -> None:
    """Delete files whose time is over."""
    expired = select(File).where(File.expires_at < ctx.now).limit(500)
    for file in (await ctx.session.execute(expired)).scalars().all():
        await forget_content.later(ctx, file_id=file.id)
        await ctx.session.execute(delete(File).where(File.id == file.id))


@every("41 3 * * *")
@errand(retries=2, timeout=3600)
async def sweep(errand: Errand) -> None:
    """Remove uploads that came to nothing.

    Their transaction was rolled back, or they broke off.
    """
    storage = errand.runtime.files
    before = datetime.now(UTC) - _ORPHAN_AFTER
    removed = storage.remove_halves(before.timestamp())
    async for keys in storage.keys(before):
        for organization_id, ids in _by_organization(keys).items():
            async with errand.runtime.as_system(organization_id) as ctx:
                rows = await (await ctx.raw()).fetch("SELECT id FROM files WHERE id = ANY ($1)", ids)
            for orphan in set(ids) - {row["id"] for row in rows}:
                await storage.delete(key_of(organization_id, orphan))
                removed += 1
    log.info("orphaned files were removed", files=removed)


def _by_organization(keys: list[str]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    for key in keys:
        organization, _, file = key.partition("/")
        try:
            found.setdefault(UUID(organization), []).append(UUID(file))
        except ValueError:
            continue  # not ours: somebody else uses the same bucket
    return found
