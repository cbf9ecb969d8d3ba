"""A seat for every test that wants one."""

import pytest

from tests.modules.venue.seats import Seat, free_seat
from tests.world import World


@pytest.fixture
async def seat(world: World) -> Seat:
    """Seat 1 of Lantern, free; an hour costs 4.50."""
    return await free_seat(world)
