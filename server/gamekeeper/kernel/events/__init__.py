"""The one log: everything that happens is an event, written with the change that it tells of."""

from gamekeeper.kernel.events.event import Event, every_event
from gamekeeper.kernel.events.service import emit, emit_all
from gamekeeper.kernel.events.subscription import on, on_all

__all__ = ["Event", "emit", "emit_all", "every_event", "on", "on_all"]
