"""This machine's own agent: enrolled once there is an organization, kept alive as a child, observing and no more."""

import asyncio
import ctypes
import importlib.util
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog

from gamekeeper.kernel.caller import SYSTEM, Access, Authenticated
from gamekeeper.kernel.database.pools import DATABASE_LOST, STATEMENT_REFUSED
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.authority.service import load
from gamekeeper.modules.fleet.enrolment.claims import make_claim
from gamekeeper.modules.fleet.permissions import May

_MODULE = "gamekeeper_agent"
_LABEL = "This computer"
_CLAIM_LIFE = timedelta(minutes=10)
_LOOK_SECONDS = 1.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_STOP_SECONDS = 5.0
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
# What a child that talks to the network has no business to know.
_PRIVATE = ("DATABASE_URL", "DATABASE_APP_URL", "REDIS_URL")
log = structlog.get_logger(__name__)


async def keep_own_agent(runtime: Runtime) -> None:
    """Enrol and run this machine's agent until cancelled, beginning anew, later and later, whenever it ends."""
    if importlib.util.find_spec(_MODULE) is None:
        log.info("this machine has no agent: gamekeeper-agent is not installed")
        return
    folder = (runtime.settings.data / "agent").absolute()
    pause = _FIRST_PAUSE
    while True:
        started = asyncio.get_running_loop().time()
        try:
            if await _run(folder, "status") == 0 or await _enrol(runtime, folder) == 0:
                status = await _run(folder, "run")
                log.warning("this machine's agent ended and is started again", status=status)
        except DATABASE_LOST as error:
            log.warning("this machine's agent waits for the database", error=str(error))
        except STATEMENT_REFUSED:  # the web, the gateway and the worker of this process go on without it
            log.exception("this machine's agent could not be enrolled")
        lasted = asyncio.get_running_loop().time() - started
        pause = _FIRST_PAUSE if lasted > _LONGEST_PAUSE else min(pause * 2, _LONGEST_PAUSE)
        await asyncio.sleep(pause)


async def _enrol(runtime: Runtime, folder: Path) -> int:
    organization_id = await _first_organization(runtime)
    may_enrol = Authenticated(SYSTEM, organization_id, Access(frozenset({May.ENROL})))
    async with runtime.context(may_enrol) as ctx:
        authority = await load(runtime, datetime.now(UTC))
        _, token = await make_claim(
            ctx, fingerprint=authority.fingerprint, label=_LABEL, life=_CLAIM_LIFE, needs_approval=False
        )
    server = f"http://{_reachable(runtime.settings.host)}:{runtime.settings.port}"
    return await _run(folder, "enrol", "--server", server, "--token", token, "--mode", "observe", "--plain-http")


async def _first_organization(runtime: Runtime) -> UUID:
    """The oldest organization, waited for."""
    while True:
        async with runtime.database.read(None) as connection:
            found: UUID | None = await connection.fetchval("SELECT organization_ids() LIMIT 1")
        if found is not None:
            return found
        await asyncio.sleep(_LOOK_SECONDS)


def _reachable(host: str) -> str:
    match host:
        case "0.0.0.0":  # noqa: S104  # compared with, not listened on
            return "127.0.0.1"
        case "::":
            return "[::1]"
        case _:
            return f"[{host}]" if ":" in host else host


async def _run(folder: Path, *arguments: str) -> int:
    """Run the agent's program to its end and log its last word when that was no success; its status."""
    output = _output(folder)
    with output.open("wb") as log_file:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", _MODULE, *arguments),
            env=_environment(folder),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log_file,
            stderr=log_file,
            # Ctrl-C in the terminal is ours to pass on, in our order.
            start_new_session=True,
            preexec_fn=_die_with_parent(),
        )
    try:
        status = await child.wait()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            child.terminate()
        try:
            await asyncio.wait_for(child.wait(), _STOP_SECONDS)
        except TimeoutError:
            child.kill()
            await child.wait()
        raise
    if status and arguments[0] != "status":
        words = output.read_text(errors="replace").splitlines()
        log.warning("this machine's agent says", command=arguments[0], said=words[-1] if words else "")
    return status


def _output(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / "output.log"


def _environment(folder: Path) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("GAMEKEEPER_") and name not in _PRIVATE
    }
    return {**kept, "GAMEKEEPER_AGENT_STATE": str(folder)}


def _die_with_parent() -> Callable[[], None] | None:
    """After kill -9 of this process nobody else would end the child, and the next start would meet its lock."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_DIE_WITH_PARENT, signal.SIGTERM, 0, 0, 0)

    return ask
