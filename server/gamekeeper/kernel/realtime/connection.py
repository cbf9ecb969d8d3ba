"""The connection below a socket: one that must end says why, and ends also when the peer does not listen."""

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gamekeeper.kernel.realtime.frames import MOST_FRAME_BYTES

MOST_MESSAGE_BYTES = 2 * MOST_FRAME_BYTES
"""What the server reads of one message at all. Up to here a frame that is too large gets our own answer; beyond it
the connection ends with 1009 as soon as the message's head is read."""
_LAST_WORD_SECONDS = 2.0
"""How long a peer that is still sending may take to read why its connection ends."""
_GONE_SECONDS = 10.0
"""How long what was written last may wait for a peer that reads nothing."""


class LiveSocket(WebSocketsSansIOProtocol):
    """uvicorn's connection, which ends in two other ways.

    uvicorn closes at once when a message cannot be read. The system then resets the connection of a peer that is still
    sending, and the reason is lost on the way: here the rest is read and thrown away for a moment. And uvicorn waits
    for good until a peer has taken what was written last.
    """

    _refused = False
    _gone: asyncio.TimerHandle | None = None

    def handle_parser_exception(self) -> None:
        """Send the reason and end our half; the peer ends the other one, or time does."""
        if self._refused:
            return  # more of what is thrown away
        self._refused = True
        said = self.conn.close_sent
        if said is not None:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": said.code, "reason": said.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        if self.close_timer is None:
            self.close_timer = self.loop.call_later(_LAST_WORD_SECONDS, self.transport.close)

    def handle_ping(self) -> None:
        """Answer, unless what was refused came first: our half has ended, though the packet is still read."""
        if not self._refused:
            super().handle_ping()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """Nobody writes any more: a peer that does not take the rest keeps neither memory nor a connection."""
        super().on_task_complete(task)
        if not self.disconnected:
            self._gone = self.loop.call_later(_GONE_SECONDS, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """There is nothing left to end."""
        if self._gone is not None:
            self._gone.cancel()
        super().connection_lost(exc)
