"""Forgetting machines that asked to join and never came back for the answer."""

from sqlalchemy import delete

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.jobs import every, job
from gamekeeper.modules.fleet.enrolment.models import EnrolmentRequest


@every("47 3 * * *", each_organization=True)
@job(retries=2)
async def forget_requests(ctx: Context) -> None:
    """Forget requests to join that are over."""
    over = delete(EnrolmentRequest).where(
        EnrolmentRequest.organization_id == ctx.organization_id, EnrolmentRequest.expires_at <= ctx.now
    )
    await ctx.session.execute(over)
