"""Keeps the certificate young: asks for a new one over the socket, with the same key."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from gamekeeper_agent import keys, machine
from gamekeeper_agent.identity import KEY_AND_CHAIN, save_certificate
from gamekeeper_wire.agent import Renew
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.server import Renewed

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 60.0

Send = Callable[[Frame], Awaitable[bool]]


class Renewal:
    """Asks at two thirds of the certificate's life, then every minute until it is answered."""

    def __init__(self, folder: Path, send: Send) -> None:
        """Look at the certificate on disk."""
        self._folder = folder
        self._send = send
        self._due = keys.renewal_time(folder / KEY_AND_CHAIN)

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            await self.ask_if_due()
            await asyncio.sleep(_LOOK_SECONDS)

    async def ask_if_due(self) -> None:
        """Ask for a certificate when it is time for one."""
        if datetime.now(UTC) >= self._due:
            key = keys.load_key((self._folder / KEY_AND_CHAIN).read_bytes())
            await self._send(Renew(csr=keys.make_request(key, machine.hostname())))

    def received(self, frame: Renewed) -> None:
        """Store the new certificate; the next connection shows it."""
        key = keys.load_key((self._folder / KEY_AND_CHAIN).read_bytes())
        try:
            is_ours = keys.is_for_key(frame.chain, key)
        except ValueError as error:
            logger.error("the new certificate cannot be read: %s", error)  # noqa: TRY400 (the trace says no more)
            return
        if not is_ours:
            logger.error("the new certificate is for another key: kept the old one")
            return
        save_certificate(self._folder, keys.key_pem(key), frame.chain, frame.ca)
        self._due = keys.renewal_time(self._folder / KEY_AND_CHAIN)
        logger.info("the certificate was renewed; the next renewal is due at %s", self._due.isoformat())
