"""Takes commands in, does them one after the other, and answers each until the server has heard it."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

from gamekeeper_agent.commands import actions
from gamekeeper_agent.commands.action import Action, ActionFailed, Done, Errand
from gamekeeper_agent.commands.journal import Journal
from gamekeeper_agent.commands.update import update
from gamekeeper_agent.desktop import Desktop
from gamekeeper_agent.policy import Policy
from gamekeeper_wire import agent as wire
from gamekeeper_wire.agent import CommandAck, CommandPart, CommandProgress, CommandResult
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.limits import MAX_PART
from gamekeeper_wire.server import CommandRequest
from gamekeeper_wire.text import as_line

logger = logging.getLogger(__name__)

_QUEUE = 32
_ACTIONS: dict[wire.Action, Action] = {
    wire.Action.RESTART: actions.restart,
    wire.Action.REBOOT: actions.reboot,
    wire.Action.UPDATE: update,
    wire.Action.SCREENSHOT: actions.screenshot,
    wire.Action.LOGS: actions.logs,
}

Send = Callable[[Frame], Awaitable[bool]]


class Runner:
    """One command at a time; the rest waits, up to 32."""

    def __init__(
        self,
        journal: Journal,
        policy: Policy,
        desktop: Desktop,
        folder: Path,
        send: Send,
        restart: Callable[[], None],
    ) -> None:
        """Ends what an earlier run began."""
        self._journal = journal
        self._policy = policy
        self._desktop = desktop
        self._folder = folder
        self._send = send
        self._restart = restart
        self._waiting: asyncio.Queue[tuple[CommandRequest, float]] = asyncio.Queue(_QUEUE)
        self._unsent: dict[str, CommandResult] = {}
        self._end_interrupted()

    async def take(self, request: CommandRequest) -> None:
        """A command arrived: begin it, or repeat what is known of it."""
        known = self._journal.result(request.command_id)
        if known is not None:
            await self._answer(known)
            return
        refusal = self._refusal(request)
        try:
            if not self._journal.begin(request.command_id, request.action):
                await self._send(CommandAck(command_id=request.command_id))
                return
        except sqlite3.Error as error:
            # Undone rather than done twice: what is not written down could be done again.
            await self._answer(_failed(request, "disk-refuses", f"the command could not be written down: {error}"))
            return
        await self._send(CommandAck(command_id=request.command_id))
        if refusal is None and self._waiting.full():
            refusal = _failed(request, "busy", f"{_QUEUE} commands are waiting already")
        if refusal is not None:
            logger.warning("refused command %s (%s): %s", request.action[:40], refusal.code, refusal.message)
            await self._end(refusal)
            return
        self._waiting.put_nowait((request, asyncio.get_running_loop().time()))

    async def resend(self) -> None:
        """After a new connection: answers that found none before."""
        for result in tuple(self._unsent.values()):
            await self._answer(result)

    async def run(self) -> None:
        """Do commands as they come, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            request, arrived = await self._waiting.get()
            if (loop.time() - arrived) * 1000 > request.ttl_ms:
                await self._end(_failed(request, "expired", "its time ran out before it could begin"))
                continue
            result = await self._do(request)
            if result is not None:
                await self._end(result)

    def _refusal(self, request: CommandRequest) -> CommandResult | None:
        try:
            action = wire.Action(request.action)
        except ValueError:
            return _failed(request, "unknown-action", f"this agent does not know {request.action[:40]!r}")
        if not self._policy.allows(action):
            return _failed(
                request,
                "not-allowed-by-machine",
                f"this machine's owner chose {self._policy.mode.value!r}, which does not allow {action.value}",
            )
        return None

    async def _do(self, request: CommandRequest) -> CommandResult | None:
        command_id = request.command_id
        logger.info("command %s begins (%s)", request.action, command_id)

        async def progress(percent: int | None, text: str) -> None:
            await self._send(CommandProgress(command_id=command_id, percent=percent, text=text))

        errand = Errand(command_id, request.params, self._folder, self._desktop, self._policy, progress, self._restart)
        try:
            done = await _ACTIONS[wire.Action(request.action)](errand)
        except ActionFailed as error:
            return _failed(request, error.code, str(error))
        except Exception as error:  # the outermost edge of a command: one that breaks must not stop the others
            logger.exception("command %s broke", request.action)
            return _failed(request, "broke", f"{type(error).__name__}: {error}")
        if done is None:
            return None
        if not await self._send_output(command_id, done):
            return _failed(request, "output-lost", "the connection was lost while the output was sent: ask again")
        return CommandResult(command_id=command_id, ok=True, code="ok", message=done.message, data=done.data)

    async def _send_output(self, command_id: str, done: Done) -> bool:
        if done.output is None:
            return True
        pieces = [done.output[at : at + MAX_PART] for at in range(0, len(done.output), MAX_PART)] or [b""]
        for index, piece in enumerate(pieces):
            is_last = index == len(pieces) - 1
            if not await self._send(CommandPart(command_id=command_id, index=index, last=is_last, content=piece)):
                return False
        return True

    async def _end(self, result: CommandResult) -> None:
        self._write_end(result)
        await self._answer(result)

    def _write_end(self, result: CommandResult) -> None:
        try:
            self._journal.finish(result)
        except sqlite3.Error as error:
            logger.warning("the end of command %s could not be written down: %s", result.command_id, error)

    async def _answer(self, result: CommandResult) -> None:
        self._unsent[result.command_id] = result
        if await self._send(result):
            self._unsent.pop(result.command_id, None)

    def _end_interrupted(self) -> None:
        for command_id, action, has_rebooted in self._journal.interrupted():
            if action == wire.Action.RESTART or (action == wire.Action.REBOOT and has_rebooted):
                message = "the machine is back" if action == wire.Action.REBOOT else "the agent is back"
                result = CommandResult(command_id=command_id, ok=True, code="ok", message=message)
            else:
                result = CommandResult(
                    command_id=command_id,
                    ok=False,
                    code="interrupted",
                    message="the agent ended before this did; it is not begun again",
                )
            self._write_end(result)
            self._unsent[command_id] = result


def _failed(request: CommandRequest, code: str, message: str) -> CommandResult:
    return CommandResult(command_id=request.command_id, ok=False, code=code, message=as_line(message))
