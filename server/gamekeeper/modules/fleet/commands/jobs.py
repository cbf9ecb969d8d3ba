"""What must also happen while no gateway runs, and how long finished commands are kept."""

from datetime import timedelta

from gamekeeper.kernel.housekeeping.lifetimes import MADE_BEFORE, forget
from gamekeeper.kernel.jobs import Errand, errand, every
from gamekeeper.modules.fleet.commands.expiry import expire


@every("* * * * *")
@errand
async def end_what_is_due(errand: Errand) -> None:
    """End commands whose time has come."""
    await expire(errand.runtime)


# What they brought back are files, which have a lifetime of their own.
forget(
    "commands",
    f"{MADE_BEFORE} AND r.finished_at < $1",
    lambda settings: timedelta(days=settings.keep_commands_days),
)
