"""Keeping the authorities alive."""

from datetime import UTC, datetime

from gamekeeper.kernel.jobs import Errand, errand, every
from gamekeeper.modules.fleet.authority.service import HINT, ensure


@every("17 4 * * *")
@errand
async def renew_authorities(errand: Errand) -> None:
    """Make the next certificate authority long before the current one ends."""
    await ensure(errand.runtime, datetime.now(UTC))
    errand.runtime.hints.poke(HINT)
