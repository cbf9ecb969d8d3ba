"""What an operator does with claim tokens."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.tenancy.models import Site
from gamekeeper.modules.fleet.devices.models import Device
from gamekeeper.modules.fleet.enrolment import secret
from gamekeeper.modules.fleet.enrolment.models import ClaimToken
from gamekeeper.modules.fleet.events import ClaimTokenMade, ClaimTokenRevoked
from gamekeeper.modules.fleet.groups.models import DeviceGroup
from gamekeeper.modules.fleet.permissions import May
from gamekeeper.modules.fleet.places import check_place


async def make_claim(
    ctx: Context,
    *,
    fingerprint: str,
    label: str,
    life: timedelta,
    needs_approval: bool,
    site_id: UUID | None = None,
    group_id: UUID | None = None,
    device_id: UUID | None = None,
) -> tuple[ClaimToken, str]:
    """A claim token and its text, which nobody sees again. Raises PlaceUnknown."""
    ctx.require(May.ENROL)
    await check_place(ctx, Site, site_id)
    await check_place(ctx, DeviceGroup, group_id)
    await check_place(ctx, Device, device_id)
    text, hashed = secret.make(secret.CLAIM, ctx.organization_id, fingerprint)
    token = ClaimToken(
        organization_id=ctx.organization_id,
        secret_hash=hashed,
        label=label,
        site_id=site_id,
        group_id=group_id,
        device_id=device_id,
        needs_approval=needs_approval,
        expires_at=ctx.now + life,
        made_by=ctx.actor.label,
    )
    ctx.add(token)
    await emit(
        ctx,
        ClaimTokenMade(
            subject_id=token.id,
            subject_label=label,
            site_id=site_id,
            group_id=group_id,
            device_id=device_id,
            needs_approval=needs_approval,
            expires_at=token.expires_at,
        ),
    )
    return token, text


async def list_claims(ctx: Context, limit: int, before: UUID | None) -> Sequence[ClaimToken]:
    """Claim tokens, newest first."""
    statement = ctx.rows(ClaimToken, May.ENROL).order_by(ClaimToken.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(ClaimToken.id < before)
    return await ctx.scalars(statement)


async def revoke_claim(ctx: Context, token_id: UUID) -> None:
    """Take a token back before it is used. Raises ClaimTokenUsed."""
    token = await ctx.get(ClaimToken, token_id, May.ENROL, lock=True)
    token.revoke(ctx.now)
    await emit(ctx, ClaimTokenRevoked(subject_id=token.id, subject_label=token.label))
