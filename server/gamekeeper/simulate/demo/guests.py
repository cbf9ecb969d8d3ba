"""Guests who come and go, so that the demo's floor is alive."""

import asyncio
import random

import structlog
from sqlalchemy import select

from gamekeeper.kernel.caller import Authenticated
from gamekeeper.kernel.database.pools import DATABASE_LOST
from gamekeeper.kernel.errors import GamekeeperError
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.venue.public import PaymentMethod, start_session
from gamekeeper.modules.venue.stations.models import Station
from gamekeeper.simulate.demo.cast import GUESTS

log = structlog.get_logger(__name__)

_MINUTES = (30, 30, 60, 60, 60, 180)
_FIRST_SECONDS = 1.0
_LATER_SECONDS = (20.0, 90.0)


async def come_and_go(runtime: Runtime, who: Authenticated) -> None:
    """Start sessions on free seats until cancelled: a handful at once, then now and then."""
    first = 9
    while True:
        await _come(runtime, who)
        first -= 1
        await asyncio.sleep(_FIRST_SECONDS if first > 0 else random.uniform(*_LATER_SECONDS))  # noqa: S311 - theatre


async def _come(runtime: Runtime, who: Authenticated) -> None:
    try:
        async with runtime.context(who) as ctx:
            ids = await ctx.scalars(select(Station.id).where(Station.organization_id == ctx.organization_id))
            await start_session(
                ctx,
                random.choice(list(ids)),  # noqa: S311 - theatre
                random.choice(_MINUTES),  # noqa: S311 - theatre
                PaymentMethod.CASH,
                guest=random.choice(GUESTS),  # noqa: S311 - theatre
                expected=None,
            )
    except (GamekeeperError, *DATABASE_LOST) as error:
        # Somebody sits there already, or its machine is not here: guests try another seat later.
        log.debug("a guest found no seat", reason=str(error))
