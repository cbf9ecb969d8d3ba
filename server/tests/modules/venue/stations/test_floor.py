"""What the floor shows: the rule, case by case."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gamekeeper.modules.venue.card import FloorState
from gamekeeper.modules.venue.stations.floor import Seat, floor_state

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(minutes=30)


def seen(**facts: Any) -> FloorState:
    seat: dict[str, Any] = {
        "device": "online",
        "out_of_order": False,
        "desired": "locked",
        "desired_at": LONG_AGO,
        "reported": "locked",
        "confirmed": True,
        "ends_at": None,
    }
    return floor_state(Seat(**seat | facts), NOW)


def playing(**facts: Any) -> FloorState:
    session = {"desired": "unlocked", "reported": "unlocked", "ends_at": NOW + timedelta(minutes=30)}
    return seen(**session | facts)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, FloorState.FREE),
        ({"device": "degraded"}, FloorState.FREE),
        ({"confirmed": False, "reported": "unlocked"}, FloorState.FAULT),
        ({"confirmed": False, "reported": "unknown"}, FloorState.FAULT),
        ({"confirmed": False, "reported": "unlocked", "desired_at": NOW}, FloorState.LOCKING),
        ({"confirmed": False, "reported": "technician"}, FloorState.MAINTENANCE),
        ({"device": "offline"}, FloorState.OFFLINE),
        ({"device": "never_seen"}, FloorState.OFFLINE),
        ({"device": "revoked"}, FloorState.OFFLINE),
        ({"device": None}, FloorState.OFFLINE),
        ({"device": "maintenance"}, FloorState.MAINTENANCE),
        ({"out_of_order": True}, FloorState.MAINTENANCE),
        ({"out_of_order": True, "device": "offline"}, FloorState.MAINTENANCE),
    ],
)
def test_without_a_session(facts: dict[str, Any], state: FloorState) -> None:
    assert seen(**facts) is state


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, FloorState.BUSY),
        ({"ends_at": NOW + timedelta(minutes=5)}, FloorState.ENDING),
        ({"ends_at": NOW - timedelta(seconds=1)}, FloorState.ENDING),
        ({"device": "offline"}, FloorState.BUSY),
        ({"device": "offline", "confirmed": False}, FloorState.BUSY),
        ({"out_of_order": True}, FloorState.BUSY),
        ({"confirmed": False, "reported": "locked"}, FloorState.FAULT),
        ({"confirmed": False, "reported": "locked", "desired_at": NOW}, FloorState.BUSY),
    ],
)
def test_with_a_session(facts: dict[str, Any], state: FloorState) -> None:
    assert playing(**facts) is state


def test_nothing_but_a_confirmed_lock_makes_a_seat_free() -> None:
    frees = [
        (device, reported)
        for device in ("online", "degraded", "offline", "maintenance", "revoked", "never_seen", None)
        for reported in ("locked", "unlocked", "warning", "technician", "unknown")
        for confirmed in (True, False)
        if seen(device=device, reported=reported, confirmed=confirmed) is FloorState.FREE and not confirmed
    ]
    assert frees == []
