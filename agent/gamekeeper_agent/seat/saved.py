"""The seat on disk."""

import logging

import msgspec

from gamekeeper_agent.seat.seat import Seat
from gamekeeper_agent.store import Store, read_meta, write_meta

logger = logging.getLogger(__name__)

_KEY = "seat"
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Seat)


def load_seat(database: Store, boot_id: str) -> Seat:
    """The seat as it was last saved; a new, closed one when there is none or it cannot be read."""
    saved = read_meta(database, _KEY)
    if saved is not None:
        try:
            return _decoder.decode(saved)
        except msgspec.DecodeError as error:
            logger.error("the saved seat cannot be read and stays locked: %s", error)  # noqa: TRY400 (the trace says no more)
    return Seat(boot_id=boot_id)


def save_seat(database: Store, seat: Seat) -> None:
    """Write the seat, whole or not at all. Raises sqlite3.Error."""
    write_meta(database, _KEY, _encoder.encode(seat).decode())
