"""The command line: `gamekeeper up`, and the same parts one by one."""

import sys
from functools import partial
from pathlib import Path

import click

from gamekeeper import __version__
from gamekeeper.commands.failures import StartRefused
from gamekeeper.commands.process import run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gamekeeper")
def cli() -> None:
    """Runs the places where games are played.

    Everything is configured by environment variables; docs/reference/settings.md lists them.
    """


@cli.command()
def up() -> None:
    """Start everything in one process: database, web, agent gateway, worker, and this machine's own agent."""
    from gamekeeper.commands.up import up as start

    run(start)


@cli.command()
def web() -> None:
    """Serve the API, the live updates and the user interface."""
    from gamekeeper.commands.parts import web as start

    run(start)


@cli.command()
def gateway() -> None:
    """Serve the agents of devices, on a port of their own."""
    from gamekeeper.commands.parts import gateway as start

    run(start)


@cli.command()
def worker() -> None:
    """Run jobs, timers and schedules."""
    from gamekeeper.commands.parts import worker as start

    run(start)


@cli.command()
@click.option("--check", is_flag=True, help="Change nothing; fail when the database or a model is not up to date.")
def migrate(*, check: bool) -> None:
    """Bring the database to this version. While nobody has an account, the first owner is made or can set it up.

    With GAMEKEEPER_ADMIN_EMAIL and GAMEKEEPER_ADMIN_PASSWORD the owner is made at once; without them a link is printed
    that is good once, for a day, until the next one is printed. It begins with GAMEKEEPER_PUBLIC_URL.
    """
    from gamekeeper.commands import migrate as command

    run(command.check if check else command.migrate)


@cli.command()
def doctor() -> None:
    """Look at configuration, ports, database, keys, clock and disk, and say what to do."""
    from gamekeeper.commands.doctor import doctor as start

    run(start)


@cli.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--with-key", is_flag=True, help="Put the master key into the archive as well.")
def backup(path: Path | None, *, with_key: bool) -> None:
    """Write database and files to one archive, and prove it by restoring it into a scratch database."""
    from gamekeeper.commands.backup import backup as start

    run(partial(start, path=path, with_key=with_key))


@cli.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Set aside what is there, under another name.")
def restore(path: Path, *, replace: bool) -> None:
    """Bring an archive of `gamekeeper backup` back. Gamekeeper must not be running."""
    from gamekeeper.commands.restore import restore as start

    run(partial(start, path=path, replace=replace))


@cli.command()
@click.option("--devices", type=click.IntRange(1, 20_000), default=100, show_default=True, help="How many machines.")
@click.option(
    "--minutes", type=click.FloatRange(0.1, 1440), default=1.0, show_default=True, help="How long to measure."
)
@click.option("--gateway", metavar="HOST:PORT", help="A gateway that runs; by default one is started, and restarted.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def simulate(*, devices: int, minutes: float, gateway: str | None, as_json: bool) -> None:
    """Connect simulated machines that speak the real protocol, and print latencies, load and recovery."""
    from gamekeeper.commands.simulate import plan_of
    from gamekeeper.commands.simulate import start as begin

    run(partial(begin, plan=plan_of(devices, minutes, gateway), as_json=as_json))


@cli.command()
@click.argument("root", type=click.Path(path_type=Path, file_okay=False, exists=True), default=".")
def reference(root: Path) -> None:
    """Write the reference pages and the API's description into a clone."""
    from gamekeeper.commands.reference import write

    for path in write(root, cli):
        click.echo(path)


@cli.command()
@click.option("--machines/--no-machines", default=True, help="Run simulated machines and guests until Ctrl-C.")
def demo(*, machines: bool) -> None:
    """Fill one organization, marked as a demo, with a venue: machines, weeks of readings, guests who come and go."""
    from gamekeeper.commands.demo import start as begin

    run(partial(begin, machines=machines))


@cli.command()
@click.argument("email")
def password(email: str) -> None:
    """Print a link with which the person of EMAIL sets a new password, once and within an hour."""
    from gamekeeper.commands.password import password as start

    run(partial(start, email=email))


@cli.group()
def secrets() -> None:
    """What is sealed, and the key that seals it."""


@secrets.command()
def rotate() -> None:
    """Replace the master key and bring everything sealed under the new one. Gamekeeper must not be running."""
    from gamekeeper.commands.rotate import rotate as start

    run(start)


@cli.group()
def ledger() -> None:
    """The money of every venue."""


@ledger.command(name="check")
def check_ledger() -> None:
    """Recompute every balance from the postings and say what differs; status 1 when something does."""
    from gamekeeper.commands.ledger import check as start

    run(start)


def main() -> None:
    """Run a command; what its reader can cure is one line and status 1."""
    try:
        cli()
    except StartRefused as error:
        click.echo(f"gamekeeper: {error}", err=True)
        sys.exit(1)
