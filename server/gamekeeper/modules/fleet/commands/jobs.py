"""What must also happen while no gateway runs."""

from gamekeeper.kernel.jobs import Errand, errand, every
from gamekeeper.modules.fleet.commands.expiry import expire


@every("* * * * *")
@errand
async def end_what_is_due(errand: Errand) -> None:
    """End commands whose time has come."""
    await expire(errand.runtime)
