"""What the floor shows: the rule, case by case."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gamekeeper.modules.venue.card import FloorState
from gamekeeper.modules.venue.stations.floor import Seat, floor_state, problem

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(minutes=30)


LOCKED: dict[str, Any] = {
    "device": "online",
    "out_of_order": False,
    "desired": "locked",
    "desired_at": LONG_AGO,
    "reported": "locked",
    "confirmed": True,
    "ends_at": None,
}


def seen(**facts: Any) -> FloorState:
    return floor_state(Seat(**LOCKED | facts), NOW)


def problem_of(**facts: Any) -> str | None:
    shown = Seat(**LOCKED | facts)
    return problem(shown, floor_state(shown, NOW))


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


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"device": None}, "No machine"),
        ({"device": "never_seen"}, "never connected"),
        ({"device": "revoked"}, "revoked"),
        ({"device": "offline", "offline_reason": "ping-timeout"}, "does not answer (ping timeout)"),
        ({"confirmed": False, "reported": "unknown", "has_overlay": False}, "no screen"),
        ({"confirmed": False, "reported": "unknown"}, "its lock does not"),
        ({"confirmed": False, "reported": "unlocked"}, "nobody plays"),
        ({"confirmed": False, "ends_at": NOW + timedelta(hours=1), "desired": "unlocked"}, "somebody has paid"),
        (
            {"confirmed": False, "reported": "unlocked", "ends_at": NOW + timedelta(hours=1), "desired": "unlocked"},
            "another session",
        ),
    ],
)
def test_a_problem_is_said_in_words(facts: dict[str, Any], words: str) -> None:
    told = problem_of(**facts)
    assert told is not None
    assert words in told


@pytest.mark.parametrize("facts", [{}, {"device": "maintenance"}, {"out_of_order": True}])
def test_no_problem_no_words(facts: dict[str, Any]) -> None:
    assert problem_of(**facts) is None


def test_nothing_but_a_confirmed_lock_makes_a_seat_free() -> None:
    frees = [
        (device, reported)
        for device in ("online", "degraded", "offline", "maintenance", "revoked", "never_seen", None)
        for reported in ("locked", "unlocked", "warning", "technician", "unknown")
        for confirmed in (True, False)
        if seen(device=device, reported=reported, confirmed=confirmed) is FloorState.FREE and not confirmed
    ]
    assert frees == []
