"""The actions: restart, reboot, screenshot, logs."""

import asyncio
import subprocess
from hashlib import sha256

from gamekeeper_agent.commands.action import ActionFailed, Done, Errand
from gamekeeper_agent.desktop import ScreenMissing
from gamekeeper_agent.log import read_log
from gamekeeper_wire.limits import MAX_PART, MAX_PARTS

_LOG_LINES = 1000
_MOST_LOG_LINES = 20_000


async def restart(errand: Errand) -> None:
    """Begin this program anew; the result is sent by the new one."""
    await errand.progress(None, "restarting the agent")
    errand.restart()


async def reboot(errand: Errand) -> None:
    """Reboot the machine; the result is sent after it is back."""
    await errand.progress(None, "asking the system to reboot")
    command = errand.policy.reboot_command or errand.desktop.reboot_command()
    code, text = await run_program(command)
    if code != 0:
        raise ActionFailed("reboot-failed", f"{command[0]} answered {code}: {text}")


async def screenshot(errand: Errand) -> Done:
    """A picture of all screens."""
    await errand.progress(10, "taking the picture")
    try:
        picture = await asyncio.to_thread(errand.desktop.screenshot)
    except ScreenMissing as error:
        raise ActionFailed("no-screen", f"this machine has no screen to take a picture of ({error})") from error
    if len(picture) > MAX_PART * MAX_PARTS:
        raise ActionFailed("too-large", f"the picture has {len(picture)} bytes")
    return Done("picture taken", {"media_type": "image/png", **_describe(picture)}, picture)


async def logs(errand: Errand) -> Done:
    """The last lines of the agent's log; `lines` says how many."""
    wanted = errand.params.get("lines", _LOG_LINES)
    if not isinstance(wanted, int) or not 1 <= wanted <= _MOST_LOG_LINES:
        raise ActionFailed("bad-params", f"lines must be a number from 1 to {_MOST_LOG_LINES}")
    lines = await asyncio.to_thread(read_log, errand.folder, wanted)
    text = "\n".join(lines).encode()
    return Done(f"{len(lines)} lines", {"media_type": "text/plain", "lines": len(lines), **_describe(text)}, text)


async def run_program(command: list[str], timeout: float = 600) -> tuple[int, str]:  # noqa: ASYNC109 (ends the program too)
    """Run a program to its end: its exit code and the last of its output."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as error:
        return 127, str(error)
    try:
        async with asyncio.timeout(timeout):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return 124, f"no end within {timeout:.0f} s"
    return process.returncode or 0, output.decode(errors="replace").strip()[-500:]


def _describe(content: bytes) -> dict[str, str | int]:
    return {"size": len(content), "sha256": sha256(content).hexdigest()}
