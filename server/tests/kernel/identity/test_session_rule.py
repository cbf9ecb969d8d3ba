"""The rule that tells a lost answer from a stolen refresh token."""

from datetime import UTC, datetime, timedelta

from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.identity.sessions.models import GRACE, LIFETIME, AuthSession, End, Refreshing

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def session(generation: int = 3, *, advanced_at: datetime = NOON) -> AuthSession:
    return AuthSession(
        user_id=new_id(),
        ip="192.0.2.1",
        user_agent="",
        second_factor=False,
        generation=generation,
        advanced_at=advanced_at,
        last_used_at=NOON,
        expires_at=NOON + LIFETIME,
    )


def test_the_current_generation_goes_on_at_any_time() -> None:
    assert session().judge(3, NOON) is Refreshing.ROTATE
    assert session().judge(3, NOON + LIFETIME - SECOND) is Refreshing.ROTATE


def test_the_generation_before_is_a_lost_answer_for_a_moment_only() -> None:
    assert session().judge(2, NOON + GRACE - SECOND) is Refreshing.REPEAT
    assert session().judge(2, NOON + GRACE) is Refreshing.REUSED


def test_anything_older_is_a_copy_even_in_that_moment() -> None:
    assert session().judge(1, NOON) is Refreshing.REUSED


def test_nothing_counts_after_the_end() -> None:
    ended = session()
    assert ended.end(End.REVOKED, NOON)
    assert not ended.end(End.SIGNED_OUT, NOON), "the first reason stays"
    assert ended.end_reason == "revoked"
    for generation in (1, 2, 3):
        assert ended.judge(generation, NOON) is Refreshing.EXPIRED
    assert session().judge(3, NOON + LIFETIME) is Refreshing.EXPIRED


def test_a_thief_who_was_quick_is_found_out_when_the_owner_goes_on() -> None:
    # Both showed generation 2 within the grace, so each of them holds a token of generation 3.
    shared = session()
    assert shared.judge(3, NOON + timedelta(minutes=14)) is Refreshing.ROTATE
    shared.advance(NOON + timedelta(minutes=14))
    assert shared.judge(3, NOON + timedelta(minutes=15)) is Refreshing.REUSED
