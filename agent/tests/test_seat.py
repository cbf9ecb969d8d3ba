from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamekeeper_agent.clock import Moment
from gamekeeper_agent.seat.lease_book import LeaseBook, LeaseRefused
from gamekeeper_agent.seat.seat import Seat
from gamekeeper_wire.lease import Lease, Purpose
from gamekeeper_wire.server import Station
from gamekeeper_wire.station import Lock, Reason, SegmentKind

MINUTE = 60_000
NOON = 1_800_000_000_000


def at(minutes: float, wall_shift: int = 0, slept: int = 0) -> Moment:
    ticks = int(minutes * MINUTE)
    return Moment(1_000_000 + ticks, NOON + ticks + wall_shift, slept)


def seat() -> Seat:
    return Seat(boot_id="boot-1", station=Station(station_id="seat-14", label="Seat 14"), is_assignment_known=True)


def lease(**changes: Any) -> Lease:
    fields: dict[str, Any] = {
        "lease_id": "l1",
        "station_id": "seat-14",
        "boot_nonce": "boot-1",
        "session_id": "s1",
        "seq": 1,
        "issued_at": NOON,
        "remaining_ms": 60 * MINUTE,
        "offline_cap_ms": 600 * MINUTE,
    }
    return Lease(**(fields | changes))


def lock(state: Seat, now: Moment) -> Lock | None:
    view = state.view(now, is_kiosk=True)
    return view.lock if view else None


def reread(state: Seat) -> Seat:
    """What a new process finds on disk."""
    return msgspec.json.decode(msgspec.json.encode(state), type=Seat)


def test_one_hour_opens_warns_twice_and_locks() -> None:
    state = seat()
    assert lock(state, at(0)) is Lock.LOCKED
    assert state.take(lease(), at(0), 0) is Reason.STARTED
    assert lock(state, at(54.9)) is Lock.UNLOCKED
    assert lock(state, at(55)) is Lock.WARNING
    assert state.view(at(55), is_kiosk=True).warning_s == 300  # type: ignore[union-attr]
    assert state.view(at(59), is_kiosk=True).warning_s == 60  # type: ignore[union-attr]
    assert state.look(at(59.99)) is None
    assert state.look(at(60)) is Reason.EXPIRED
    assert lock(state, at(60)) is Lock.LOCKED
    (stretch,) = state.finished
    assert (stretch.kind, stretch.duration_ms, stretch.ended_by) == (SegmentKind.PLAY, 60 * MINUTE, "expired")


def test_half_a_round_trip_is_taken_off() -> None:
    state = seat()
    state.take(lease(remaining_ms=1000), at(0), 400)
    assert state.running
    assert state.running.ends_at == at(0).ticks_ms + 800


@given(st.integers(-(10**12), 10**12))
def test_the_wall_clock_moves_nothing(shift: int) -> None:
    state = seat()
    state.take(lease(), at(0), 0)
    assert state.look(at(59.99, wall_shift=shift)) is None
    assert lock(state, at(59.99, wall_shift=shift)) is Lock.WARNING
    assert state.look(at(60, wall_shift=shift)) is Reason.EXPIRED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"station_id": "seat-15"}, "lease-other-station"),
        ({"boot_nonce": "boot-0"}, "lease-other-boot"),
        ({"seq": 5}, "lease-replayed"),
        ({"seq": 4}, "lease-replayed"),
    ],
)
def test_leases_for_another_time_and_place_are_refused(changes: dict[str, Any], code: str) -> None:
    state = seat()
    state.take(lease(seq=5), at(0), 0)
    with pytest.raises(LeaseRefused) as caught:
        state.take(lease(**({"seq": 6} | changes)), at(1), 0)
    assert caught.value.code == code
    assert state.running
    assert state.running.lease.seq == 5


def test_an_ended_session_cannot_be_begun_again_with_its_old_leases() -> None:
    state = seat()
    state.take(lease(seq=1), at(0), 0)
    assert state.end("s1", 3, at(10))
    assert lock(state, at(10)) is Lock.LOCKED
    assert state.finished[0].duration_ms == 10 * MINUTE
    for seq in (1, 2, 3):
        with pytest.raises(LeaseRefused):
            reread(state).take(lease(seq=seq), at(11), 0)


def test_an_end_that_an_extension_overtook_ends_nothing() -> None:
    state = seat()
    state.take(lease(seq=7), at(0), 0)
    assert not state.end("s1", 6, at(1))
    assert lock(state, at(1)) is Lock.UNLOCKED


def test_a_session_long_forgotten_cannot_be_replayed() -> None:
    book = LeaseBook()
    for number in range(300):
        book.note(f"s{number}", 1, NOON + number)
    with pytest.raises(LeaseRefused):
        book.check(lease(session_id="s0", issued_at=NOON), "seat-14", "boot-1")
    book.check(lease(session_id="new", issued_at=NOON + 1000), "seat-14", "boot-1")


def test_a_renewal_keeps_one_stretch_and_a_new_session_begins_another() -> None:
    state = seat()
    state.take(lease(), at(0), 0)
    assert state.take(lease(seq=2, remaining_ms=90 * MINUTE), at(30), 0) is Reason.RENEWED
    assert not state.finished
    assert lock(state, at(100)) is Lock.UNLOCKED
    assert state.take(lease(session_id="s2", lease_id="l9"), at(100), 0) is Reason.STARTED
    assert [(each.session_id, each.duration_ms, each.ended_by) for each in state.finished] == [
        ("s1", 100 * MINUTE, "replaced")
    ]


def test_a_silent_server_ends_it_at_the_cap() -> None:
    state = seat()
    state.take(lease(offline_cap_ms=30 * MINUTE), at(0), 0)
    assert lock(state, at(0.5)) is Lock.UNLOCKED
    assert lock(state, at(24.9)) is Lock.UNLOCKED
    assert lock(state, at(25.1)) is Lock.WARNING
    assert state.look(at(30)) is Reason.EXPIRED
    assert state.finished[0].ended_by == "offline-cap"


def test_a_small_cap_warns_nobody_while_the_server_renews() -> None:
    state = seat()
    for number in range(1, 60):
        minutes = number / 2
        state.take(lease(seq=number, remaining_ms=60 * MINUTE, offline_cap_ms=2 * MINUTE), at(minutes), 0)
        assert lock(state, at(minutes + 0.49)) is Lock.UNLOCKED


def test_grace_stands_between_the_end_and_the_lock() -> None:
    state = seat()
    state.take(lease(grace_s=30), at(0), 0)
    assert state.look(at(60.4)) is None
    assert lock(state, at(60.4)) is Lock.WARNING
    assert state.look(at(60.5)) is Reason.EXPIRED
    assert state.finished[0].duration_ms == 60 * MINUTE, "grace is not billed"


def test_a_technicians_lease_shows_itself() -> None:
    state = seat()
    state.take(lease(purpose=Purpose.TECHNICIAN), at(0), 0)
    assert lock(state, at(1)) is Lock.TECHNICIAN


def test_after_a_kill_in_the_same_boot_time_went_on() -> None:
    state = seat()
    state.take(lease(), at(0), 0)
    state.look(at(10))
    found = reread(state)
    found.resume("boot-1", at(59))
    assert lock(found, at(59)) is Lock.WARNING
    assert found.look(at(60)) is Reason.EXPIRED
    assert found.finished[0].duration_ms == 60 * MINUTE


def rebooted(away: int) -> Seat:
    """An hour's lease, ten minutes played, then a reboot that took so long by the wall clock."""
    state = seat()
    state.take(lease(), at(0), 0)
    state.look(at(10))
    found = reread(state)
    found.resume("boot-2", Moment(5000, at(10).wall_ms + away, 0))
    return found


def test_after_a_reboot_the_time_away_is_gone() -> None:
    found = rebooted(20 * MINUTE)
    assert found.look(Moment(5000 + 30 * MINUTE - 1, 0, 0)) is None
    assert found.look(Moment(5000 + 30 * MINUTE, 0, 0)) is Reason.EXPIRED
    play, off, again = found.finished
    assert (play.kind, play.boot_id, play.duration_ms) == (SegmentKind.PLAY, "boot-1", 10 * MINUTE)
    assert (off.kind, off.duration_ms) == (SegmentKind.OFF, 20 * MINUTE)
    assert (again.kind, again.boot_id, again.duration_ms) == (SegmentKind.PLAY, "boot-2", 30 * MINUTE)


def test_a_clock_set_back_across_a_reboot_earns_nothing_and_is_told() -> None:
    found = rebooted(-500 * MINUTE)
    assert found.running
    assert found.running.left(5000) == 50 * MINUTE
    assert [each.kind for each in found.finished] == [SegmentKind.PLAY, SegmentKind.CLOCK_BACK]
    assert found.finished[1].duration_ms == 500 * MINUTE


def test_away_longer_than_what_was_left_it_stays_locked() -> None:
    assert lock(rebooted(51 * MINUTE), Moment(5000, 0, 0)) is Lock.LOCKED


def test_sleep_uses_up_time_but_is_no_play() -> None:
    state = seat()
    state.take(lease(), at(0), 0)
    state.look(at(10))
    state.look(at(30, slept=20 * MINUTE))
    assert state.look(at(60, slept=20 * MINUTE)) is Reason.EXPIRED
    assert [(each.kind, each.duration_ms) for each in state.finished] == [
        (SegmentKind.PLAY, 10 * MINUTE),
        (SegmentKind.SLEEP, 20 * MINUTE),
        (SegmentKind.PLAY, 30 * MINUTE),
    ]


def test_another_seat_ends_what_ran_and_no_seat_shows_nothing() -> None:
    state = seat()
    state.take(lease(), at(0), 0)
    assert not state.assign(Station(station_id="seat-14", label="Seat 14"), at(1))
    assert state.assign(Station(station_id="seat-14", label="The corner"), at(1))
    assert lock(state, at(1)) is Lock.UNLOCKED, "a new name ends nothing"
    assert state.assign(None, at(2))
    assert lock(state, at(2)) is None
    with pytest.raises(LeaseRefused) as caught:
        state.take(lease(seq=2), at(3), 0)
    assert caught.value.code == "no-station"


def test_a_kiosk_that_knows_nothing_yet_is_locked() -> None:
    unknown = Seat(boot_id="boot-1")
    assert lock(unknown, at(0)) is Lock.LOCKED
    assert unknown.view(at(0), is_kiosk=False) is None


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 60)), min_size=1, max_size=20))
def test_played_time_is_never_more_than_what_was_granted(steps: list[tuple[int, int]]) -> None:
    """However leases and kills follow each other, no stretch lies outside of a lease."""
    state, minute, granted_until, open_minutes = seat(), 0, 0, 0
    for number, (wait, length) in enumerate(steps, 1):
        state.take(lease(seq=number, remaining_ms=length * MINUTE), at(minute), 0)
        granted_until = minute + length
        state = reread(state)
        state.resume("boot-1", at(minute))
        open_minutes += min(wait, granted_until - minute)
        minute += wait
        state.look(at(minute))
    state.end("s1", 1000, at(minute))
    assert sum(each.duration_ms for each in state.finished) == open_minutes * MINUTE
