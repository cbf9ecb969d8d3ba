"""What must also happen while no gateway runs."""

from gamekeeper.kernel.jobs import Errand, errand, every
from gamekeeper.modules.fleet.presence.node import sweep


@every("* * * * *")
@errand
async def notice_dead_gateways(errand: Errand) -> None:
    """Notice gateways that are gone.

    Devices that only such a one calls connected are offline.
    """
    await sweep(errand.runtime)
