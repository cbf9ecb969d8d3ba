"""What other modules may hang onto a device's connection: greetings, wished-for frames, ears for its reports."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from gamekeeper.kernel.context import Context
from gamekeeper_wire.agent import Hello
from gamekeeper_wire.frame import Frame
from gamekeeper_wire.server import Station


@dataclass(frozen=True, slots=True)
class Connected:
    """A device with an open connection, as handlers get it. `hello` is what its agent said first."""

    organization_id: UUID
    id: UUID
    name: str
    site_id: UUID | None
    epoch: int
    hello: Hello


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a module adds to the welcome: whose leases to believe, and which seat the machine is."""

    lease_public_keys: dict[str, bytes] = field(default_factory=dict[str, bytes])
    station: Station | None = None


Shape = TypeVar("Shape", bound=Frame)
Greeter = Callable[[Context, Connected], Awaitable[Greeting]]
Wish = Callable[[Context, Connected], Awaitable[Sequence[Frame]]]
Ear = Callable[[Context, Connected, Any], Awaitable[Sequence[Frame]]]

_greeters: list[Greeter] = []
_wishes: list[Wish] = []
_ears: dict[type[Frame], list[Ear]] = {}


def greets(greeter: Greeter) -> Greeter:
    """Register what adds to each welcome; it runs in the transaction in which the device comes online."""
    _greeters.append(greeter)
    return greeter


def desires(wish: Wish) -> Wish:
    """Register who knows what a device should be told now, such as its current lease.

    Asked after every hello and after every `push`; so what it answers must be right to send at any time.
    """
    _wishes.append(wish)
    return wish


def frames(shape: type[Shape]) -> Callable[[Callable[[Context, Connected, Shape], Awaitable[Sequence[Frame]]]], Ear]:
    """Register who listens to a kind of frame from devices. What it answers is sent after its commit."""

    def register(ear: Callable[[Context, Connected, Shape], Awaitable[Sequence[Frame]]]) -> Ear:
        _ears.setdefault(shape, []).append(ear)
        return ear

    return register


async def greeting(ctx: Context, device: Connected) -> Greeting:
    """What all modules add to a welcome; the seat is the first one that is named."""
    keys: dict[str, bytes] = {}
    station: Station | None = None
    for greeter in _greeters:
        added = await greeter(ctx, device)
        keys |= added.lease_public_keys
        station = station or added.station
    return Greeting(keys, station)


async def wished(ctx: Context, device: Connected) -> list[Frame]:
    """What the device should be told now, in the order of registration."""
    found: list[Frame] = []
    for wish in _wishes:
        found += await wish(ctx, device)
    return found


def is_heard(shape: type[Frame]) -> bool:
    """Whether anybody listens to this kind of frame."""
    return bool(_ears.get(shape))


def has_wishes() -> bool:
    """Whether anybody has something to tell devices."""
    return bool(_wishes)


async def hear(ctx: Context, device: Connected, frame: Frame) -> list[Frame]:
    """Give a frame to whoever listens to its kind; their answers, to be sent after the commit."""
    found: list[Frame] = []
    for ear in _ears.get(type(frame), ()):
        found += await ear(ctx, device, frame)
    return found
