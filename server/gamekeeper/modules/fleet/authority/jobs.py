"""Keeping the authorities alive, and how long certificates are kept."""

from datetime import UTC, datetime, timedelta

from gamekeeper.kernel.housekeeping.lifetimes import MADE_BEFORE, forget
from gamekeeper.kernel.jobs import Errand, errand, every
from gamekeeper.modules.fleet.authority.service import HINT, ensure


@every("17 4 * * *")
@errand
async def renew_authorities(errand: Errand) -> None:
    """Prepare the next certificate authority.

    Long before the current one ends.
    """
    await ensure(errand.runtime, datetime.now(UTC))
    errand.runtime.hints.poke(HINT)


# The last one of each device stays: a machine that comes back from its shelf shows it, and is let in or refused by it.
forget(
    "certificates",
    f"""{MADE_BEFORE} AND r.not_after < $1 AND EXISTS (
        SELECT FROM certificates n WHERE n.organization_id = r.organization_id AND n.device_id = r.device_id
        AND n.not_after > r.not_after)""",
    lambda settings: timedelta(days=settings.keep_certificates_days),
)
