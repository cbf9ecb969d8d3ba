"""`gamekeeper doctor`: looks at everything that a start needs, and says what to do about what is wrong."""

import asyncio

import click

from gamekeeper.commands import check_database, check_machine
from gamekeeper.commands.failures import StartRefused
from gamekeeper.commands.findings import Finding, State
from gamekeeper.commands.process import ground
from gamekeeper.kernel.settings import Settings

_MARKS = {State.FINE: ("ok  ", "green"), State.WARNING: ("warn", "yellow"), State.PROBLEM: ("FAIL", "red")}


async def doctor(settings: Settings, _stop: asyncio.Event) -> None:
    """Print one line for each thing looked at. Raises StartRefused when there is a problem."""
    problems = 0
    for finding in await _examine(settings):
        mark, color = _MARKS[finding.state]
        click.echo(f"{click.style(mark, fg=color)}  {finding.what}")
        if finding.cure:
            click.echo(f"      {finding.cure}")
        problems += finding.state is State.PROBLEM
    if problems:
        raise StartRefused(f"{problems} of these must be cured." if problems > 1 else "One of these must be cured.")


async def _examine(settings: Settings) -> list[Finding]:
    findings = check_machine.examine(settings)
    findings += await check_machine.ports(settings)
    if settings.database_url is None and not (settings.data / "postgres").exists():
        findings.append(Finding.warning("no database yet", "gamekeeper up makes it."))
        return findings
    try:
        async with ground(settings) as found:
            findings += await check_database.examine(found)
    except StartRefused as error:
        findings.append(Finding.problem("the database cannot be used", str(error)))
    return findings
