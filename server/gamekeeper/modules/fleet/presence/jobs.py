"""What must also happen while no gateway runs."""

from datetime import UTC, datetime

from gamekeeper.kernel.jobs import Errand, errand, every
from gamekeeper.modules.fleet.authority.service import ensure
from gamekeeper.modules.fleet.commands.expiry import expire
from gamekeeper.modules.fleet.presence.node import sweep


@every("* * * * *")
@errand
async def notice_what_is_gone(errand: Errand) -> None:
    """Take devices of dead gateways offline, and end commands whose time has come."""
    await sweep(errand.runtime)
    await expire(errand.runtime)


@every("17 4 * * *")
@errand
async def renew_authorities(errand: Errand) -> None:
    """Make the next certificate authority long before the current one ends."""
    await ensure(errand.runtime, datetime.now(UTC))
