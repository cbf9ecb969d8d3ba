"""Acting in another organization for a moment, inside the same transaction."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

from sqlalchemy import text

from gamekeeper.kernel.context import Context

_ENTER = text("SELECT set_config('app.organization_id', :organization, true)")


@asynccontextmanager
async def visiting(ctx: Context, organization_id: UUID) -> AsyncGenerator[None]:
    """Let `ctx` see and write the rows of `organization_id` until the end of the block.

    For the few verbs that concern a person and not one organization: signing in, the first owner, accepting an
    invitation. What the caller may do does not change: whoever visits decides by other means than permissions.
    """
    before = ctx.who
    await ctx.flush()
    await ctx.session.execute(_ENTER, {"organization": str(organization_id)})
    ctx.who = replace(before, organization_id=organization_id)
    try:
        yield
        await ctx.flush()
        await ctx.session.execute(_ENTER, {"organization": str(before.organization_id or "")})
    finally:
        ctx.who = before
