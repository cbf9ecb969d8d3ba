"""What must also happen while no gateway runs."""

from gamekeeper.kernel.jobs import Errand, errand, every
from gamekeeper.modules.fleet.presence.node import sweep


@every("* * * * *")
@errand
async def notice_dead_gateways(errand: Errand) -> None:
    """Take devices offline that only a dead gateway calls connected."""
    await sweep(errand.runtime)
