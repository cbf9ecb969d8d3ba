"""The command `gamekeeper-agent`: enrol this machine, run the agent, show what is set."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from msgspec import structs

from gamekeeper_agent import VERSION
from gamekeeper_agent.agent import Agent
from gamekeeper_agent.enrolment import EnrolmentRefused, Pending, enrol, load_pending, wait_for_approval
from gamekeeper_agent.files import FolderInUse, lock_folder, state_folder
from gamekeeper_agent.https import InsecureAddress, Unreachable, check_address
from gamekeeper_agent.identity import FILE, NotEnrolled, load_identity
from gamekeeper_agent.linux import LinuxDesktop
from gamekeeper_agent.log import Ring, start_log
from gamekeeper_agent.policy import PolicyBroken, load_policy, save_policy
from gamekeeper_wire.agent import Mode

logger = logging.getLogger("gamekeeper_agent")

_EXPECTED = (
    EnrolmentRefused,
    FolderInUse,
    InsecureAddress,
    NotEnrolled,
    PolicyBroken,
    Unreachable,
    PermissionError,
)


def main() -> int:
    """Parse the command line and do it; errors that a person can mend are one line."""
    arguments = _parser().parse_args()
    try:
        return arguments.command(arguments)
    except _EXPECTED as error:
        sys.stderr.write(f"gamekeeper-agent: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gamekeeper-agent", description="Gamekeeper's agent for one machine.")
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(required=True)
    enrolling = commands.add_parser("enrol", help="make this machine a device of a server")
    enrolling.add_argument("--server", required=True, help="the server's address, such as https://play.example.org")
    enrolling.add_argument("--token", required=True, help="the claim token that an operator made (gkc_…)")
    enrolling.add_argument("--mode", choices=[mode.value for mode in Mode], default=Mode.OBSERVE.value)
    enrolling.add_argument("--no-screenshot", action="store_true", help="never let a server take pictures")
    enrolling.add_argument("--ca-file", help="a further authority to trust for the server's address (PEM)")
    enrolling.add_argument("--plain-http", action="store_true", help="send the token over an unprotected connection")
    enrolling.add_argument("--force", action="store_true", help="enrol anew although this machine is enrolled")
    enrolling.add_argument("--no-wait", action="store_true", help="do not wait for somebody's approval")
    enrolling.set_defaults(command=_enrol)
    running = commands.add_parser("run", help="run the agent in the foreground")
    running.add_argument("--verbose", action="store_true", help="log more")
    running.set_defaults(command=_run)
    showing = commands.add_parser("status", help="show enrolment and policy")
    showing.set_defaults(command=_status)
    return parser


def _enrol(arguments: argparse.Namespace) -> int:
    folder = state_folder()
    if (folder / FILE).exists() and not arguments.force:
        raise EnrolmentRefused(f"this machine is {load_identity(folder).device_id} already (--force enrols it anew)")
    check_address(arguments.server, allow_plain=arguments.plain_http)
    mode = Mode(arguments.mode)
    with lock_folder(folder):
        save_policy(folder, structs.replace(load_policy(folder), mode=mode, screenshot=not arguments.no_screenshot))
        outcome = enrol(folder, arguments.server, arguments.token, mode, arguments.ca_file)
        if isinstance(outcome, Pending):
            sys.stdout.write("Waiting until somebody approves this machine.\n")
            if arguments.no_wait:
                return 0
            outcome = wait_for_approval(folder, outcome)
    sys.stdout.write(f"Enrolled as {outcome.device_id} ({mode.value}).\n")
    return 0


def _status(_: argparse.Namespace) -> int:
    folder = state_folder()
    policy = load_policy(folder)
    identity = load_identity(folder)
    sys.stdout.write(
        f"device   {identity.device_id}\nserver   {identity.server}\n"
        f"gateway  {identity.gateway.host}:{identity.gateway.port}\n"
        f"mode     {policy.mode.value} (a server may: {', '.join(policy.actions())})\n"
    )
    return 0


def _run(arguments: argparse.Namespace) -> int:
    folder = state_folder()
    with lock_folder(folder):
        ring = start_log(folder, verbose=arguments.verbose)
        pending = load_pending(folder)
        if pending is not None and not (folder / FILE).exists():
            logger.info("waiting until somebody approves this machine")
            wait_for_approval(folder, pending)
        wants_restart = asyncio.run(_run_agent(folder, LinuxDesktop(), ring))
    if wants_restart:
        logger.info("beginning anew")
        logging.shutdown()
        os.execv(sys.executable, [sys.executable, "-m", "gamekeeper_agent", *sys.argv[1:]])  # noqa: S606 (ourselves)
    return 0


async def _run_agent(folder: Path, desktop: LinuxDesktop, ring: Ring) -> bool:
    agent = Agent(folder, desktop, ring)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.stop)
    return await agent.run()


if __name__ == "__main__":
    sys.exit(main())
