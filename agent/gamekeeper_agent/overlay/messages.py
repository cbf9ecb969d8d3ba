"""Lines of JSON between the agent and its overlay."""

from msgspec import Struct

from gamekeeper_wire.station import Lock


class Show(Struct, frozen=True, kw_only=True):
    """Agent to overlay: show this from now on; `quit` ends the overlay instead."""

    token: int
    lock: Lock
    label: str = ""
    left_ms: int = 0
    total_ms: int = 0
    lock_in_ms: int | None = None
    """Lock by yourself after this time, whatever becomes of the agent."""
    warning_s: int | None = None
    quit: bool = False


class Shown(Struct, frozen=True, kw_only=True):
    """Overlay to agent, at every change and every second: what the screen really shows."""

    token: int
    lock: Lock
