"""The overlay's program: lines in, windows out, lines back.

It keeps its own time and does not use Tk's timers: those follow the wall clock, and a clock set back would
stop them for as long as it was set back.
"""

import os
import select
import signal
import sys
import tkinter as tk
from types import FrameType

import msgspec

from gamekeeper_agent.clock import now
from gamekeeper_agent.overlay.countdown import Countdown
from gamekeeper_agent.overlay.messages import Show, Shown
from gamekeeper_agent.overlay.screen import Screen
from gamekeeper_wire.station import Lock

_FRAME_SECONDS = 0.1
_ALIVE_MS = 1000
_FIRST_WORD_MS = 2000
"""Locked, when nothing was said for this long after the start."""
_decoder = msgspec.json.Decoder(Show)
_encoder = msgspec.json.Encoder()


class Agent:
    """The other end of the pipe, which may be killed at any time."""

    def __init__(self) -> None:
        """Reads descriptor 0 and writes descriptor 1."""
        self._rest = b""
        self.is_there = True
        self._said: tuple[int, Lock] | None = None
        self._said_at = 0

    def listen(self) -> list[Show]:
        """What was said within a frame's time; empty too when nobody is there any more."""
        descriptors = [0] if self.is_there else []
        ready, _, _ = select.select(descriptors, [], [], _FRAME_SECONDS)
        if not ready:
            return []
        data = os.read(0, 65536)
        self.is_there = bool(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [_decoder.decode(line) for line in lines if line]

    def say(self, token: int, lock: Lock, ticks_ms: int) -> None:
        """Confirm a change at once, and otherwise every second that we live."""
        if not self.is_there or (self._said == (token, lock) and ticks_ms - self._said_at < _ALIVE_MS):
            return
        self._said, self._said_at = (token, lock), ticks_ms
        try:
            os.write(1, _encoder.encode(Shown(token=token, lock=lock)) + b"\n")
        except BrokenPipeError:
            self.is_there = False


def run(*, is_kiosk: bool) -> None:
    """Show what the agent says; as a kiosk, go on and lock in time even when the agent is gone."""
    screen = Screen(is_kiosk=is_kiosk)
    agent = Agent()
    started = now().ticks_ms
    countdown: Countdown | None = None
    while True:
        for message in agent.listen():
            if message.quit:
                screen.close()
                return
            countdown = Countdown(message, now().ticks_ms)
        if not agent.is_there and not is_kiosk:
            screen.close()
            return
        ticks = now().ticks_ms
        if countdown is None and ticks - started > _FIRST_WORD_MS:
            countdown = Countdown(Show(token=0, lock=Lock.LOCKED), ticks)
        if countdown is not None:
            screen.draw(countdown, ticks)
            agent.say(countdown.message.token, confirm(countdown.lock(ticks), screen.shown()), ticks)


def confirm(wanted: Lock, shown: Lock) -> Lock:
    """The wanted state if the windows agree with it, else what they amount to."""
    return wanted if (wanted is Lock.LOCKED) == (shown is Lock.LOCKED) else shown


def probe() -> int:
    """0 when a window could be shown here."""
    try:
        tk.Tk().destroy()
    except tk.TclError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def main() -> int:
    """Run as `python -m gamekeeper_agent.overlay [--kiosk | --probe]`."""
    if "--probe" in sys.argv[1:]:
        return probe()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    try:
        run(is_kiosk="--kiosk" in sys.argv[1:])
    except tk.TclError as error:
        sys.stderr.write(f"the display is gone: {error}\n")
        return 1
    return 0


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
