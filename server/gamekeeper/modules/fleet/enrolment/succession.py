"""A token that names a device puts a machine in the place of the one before."""

from sqlalchemy import delete, update

from gamekeeper.kernel.context import Context
from gamekeeper.modules.fleet.devices.models import Device
from gamekeeper.modules.fleet.devices.service import REVOKED, revoke_certificates
from gamekeeper.modules.fleet.enrolment.models import ClaimToken, EnrolmentRequest


async def succeed(ctx: Context, device: Device, token: ClaimToken) -> None:
    """Take from the machine before every way back: certificates, what it waits for, the token it came with.

    Open sockets that showed one of these certificates close within a second.
    """
    await revoke_certificates(ctx, device.id)
    await ctx.session.execute(
        delete(EnrolmentRequest).where(
            EnrolmentRequest.organization_id == ctx.organization_id, EnrolmentRequest.device_id == device.id
        )
    )
    await ctx.session.execute(
        update(ClaimToken)
        .where(
            ClaimToken.organization_id == ctx.organization_id,
            ClaimToken.device_id == device.id,
            ClaimToken.id != token.id,
            ClaimToken.used_at.is_not(None),
            ClaimToken.revoked_at.is_(None),
        )
        .values(revoked_at=ctx.now)
    )
    ctx.poke(REVOKED, str(device.id))
