"""Keeps the certificate young: asks over the socket in time, over HTTPS when it ran out. The key stays the same."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from gamekeeper_agent import keys, machine
from gamekeeper_agent.enrolment import EnrolmentRefused, Pending, poll, renew_late
from gamekeeper_agent.files import has_room
from gamekeeper_agent.https import Busy, Unreachable
from gamekeeper_agent.identity import KEY_AND_CHAIN, Identity, save_certificate
from gamekeeper_wire.agent import Renew
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.server import Renewed

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 60.0
_REFUSED_SECONDS = 3600.0

Send = Callable[[Frame], Awaitable[bool]]


class Renewal:
    """Asks at two thirds of the certificate's life, then every minute until it is answered."""

    def __init__(self, folder: Path, identity: Identity, send: Send) -> None:
        """Look at the certificate on disk."""
        self._folder = folder
        self._identity = identity
        self._send = send
        self._leaf = keys.leaf_of(folder / KEY_AND_CHAIN)
        self._due = keys.renewal_time(self._leaf)
        self._pending: Pending | None = None
        self.is_disk_refusing = False
        """Whether a renewal waits because the disk would not take it."""

    @property
    def is_clock_behind(self) -> bool:
        """Whether the wall clock stands before this certificate began, as on a Pi after a power cut."""
        return datetime.now(UTC) < self._leaf.not_valid_before_utc

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            if datetime.now(UTC) < self._leaf.not_valid_after_utc:
                await self.ask_if_due()
                await asyncio.sleep(_LOOK_SECONDS)
            else:
                await asyncio.sleep(await self._ask_late())

    async def ask_if_due(self) -> None:
        """Ask for a certificate when it is time for one and there is room for it."""
        if datetime.now(UTC) >= self._due and self._has_room():
            key = keys.load_key((self._folder / KEY_AND_CHAIN).read_bytes())
            await self._send(Renew(csr=keys.make_request(key, machine.hostname())))

    def received(self, frame: Renewed) -> None:
        """Store the new certificate; the next connection shows it. The old one stays while the disk refuses."""
        key = keys.load_key((self._folder / KEY_AND_CHAIN).read_bytes())
        try:
            is_ours = keys.is_for_key(frame.chain, key)
        except ValueError as error:
            logger.error("the new certificate cannot be read: %s", error)  # noqa: TRY400 (the trace says no more)
            return
        if not is_ours:
            logger.error("the new certificate is for another key: kept the old one")
            return
        try:
            save_certificate(self._folder, keys.key_pem(key), frame.chain, frame.ca)
        except OSError as error:
            self._note_refusal(error)
            return
        self._read()

    async def _ask_late(self) -> float:
        """Exchange a certificate that ran out; seconds until it is worth looking again."""
        if not self._has_room():
            return _LOOK_SECONDS
        try:
            if self._pending is None:
                outcome = await asyncio.to_thread(renew_late, self._folder, self._identity)
            else:
                outcome = await asyncio.to_thread(poll, self._folder, self._pending)
        except Unreachable as error:
            logger.warning("the certificate ran out and the server cannot be asked: %s", error)
            return max(_LOOK_SECONDS, error.seconds if isinstance(error, Busy) else 0)
        except EnrolmentRefused as error:
            self._pending = None
            logger.error("the certificate ran out and is not renewed, enrol again: %s", error)  # noqa: TRY400 (no more to say)
            return _REFUSED_SECONDS
        except OSError as error:
            self._note_refusal(error)
            return _LOOK_SECONDS
        if isinstance(outcome, Pending):
            self._pending = outcome
            logger.warning("the certificate ran out: somebody has to approve this machine again")
        else:
            self._pending = None
            self._read()
        return _LOOK_SECONDS

    def _has_room(self) -> bool:
        """Look before the server is asked: it gives a new certificate each time."""
        if has_room(self._folder):
            self.is_disk_refusing = False
            return True
        self._note_refusal("no room is left")
        return False

    def _note_refusal(self, error: object) -> None:
        self.is_disk_refusing = True
        logger.error("the new certificate cannot be stored, the old one stays: %s", error)

    def _read(self) -> None:
        self.is_disk_refusing = False
        self._leaf = keys.leaf_of(self._folder / KEY_AND_CHAIN)
        self._due = keys.renewal_time(self._leaf)
        logger.info("the certificate was renewed; the next renewal is due at %s", self._due.isoformat())
