from gamekeeper_agent.link.backoff import Backoff


def highest(_low: float, high: float) -> float:
    return high


def test_the_ceiling_doubles_to_thirty_seconds() -> None:
    backoff = Backoff(highest)
    assert [backoff.next_delay() for _ in range(8)] == [5.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_delays_lie_anywhere_below_the_ceiling() -> None:
    backoff = Backoff()
    delays = [backoff.next_delay() for _ in range(500)][10:]
    assert all(0 <= delay <= 30 for delay in delays)
    assert min(delays) < 3
    assert max(delays) > 27


def test_only_a_stable_connection_begins_anew() -> None:
    backoff = Backoff(highest)
    for _ in range(6):
        backoff.next_delay()
    backoff.connected_for(59)
    assert backoff.next_delay() == 30.0
    backoff.connected_for(60)
    assert backoff.next_delay() == 5.0


def test_a_draining_server_names_the_spread_once() -> None:
    backoff = Backoff(highest)
    backoff.drain(120)
    assert backoff.next_delay() == 120
    assert backoff.next_delay() == 2.0


def test_a_draining_server_is_expected_back() -> None:
    backoff = Backoff(highest)
    backoff.drain(5)
    assert [backoff.next_delay() for _ in range(13)] == [5.0, 2.0, 4.0, *[5.0] * 9, 30.0]


def test_retry_after_is_a_floor() -> None:
    backoff = Backoff(lambda low, _: low)
    backoff.retry_after(17)
    assert backoff.next_delay() == 17
    assert backoff.next_delay() == 0


def test_a_revoked_device_looks_only_now_and_then() -> None:
    backoff = Backoff(lambda low, _: low)
    backoff.refused_for_good()
    assert backoff.next_delay() == 150
