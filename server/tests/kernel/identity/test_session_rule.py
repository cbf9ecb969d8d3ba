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


LATER = NOON + GRACE
TAB, PROGRAM = True, False


def test_the_current_generation_goes_on_at_any_time() -> None:
    for browser in (TAB, PROGRAM):
        assert session().judge(3, LATER, browser=browser) is Refreshing.ROTATE
        assert session().judge(3, NOON + LIFETIME - SECOND, browser=browser) is Refreshing.ROTATE
    assert session(0).judge(0, NOON, browser=TAB) is Refreshing.ROTATE, "the very first one"


def test_the_generation_before_is_a_lost_answer_to_a_browser_for_a_moment_only() -> None:
    assert session().judge(2, LATER - SECOND, browser=TAB) is Refreshing.REPEAT
    assert session().judge(2, LATER, browser=TAB) is Refreshing.REUSED


def test_a_program_has_no_tabs() -> None:
    assert session().judge(2, NOON, browser=PROGRAM) is Refreshing.REUSED
    assert session().judge(3, NOON, browser=PROGRAM) is Refreshing.ROTATE


def test_anything_older_is_a_copy_even_in_that_moment() -> None:
    assert session().judge(1, NOON, browser=TAB) is Refreshing.REUSED


def test_many_tabs_at_once_do_not_outrun_each_other() -> None:
    # One is answered and the next one goes on with that answer before the request of a third arrives.
    shared = session(0)
    assert shared.judge(0, NOON, browser=TAB) is Refreshing.ROTATE
    shared.advance(NOON)
    assert shared.judge(1, NOON + SECOND, browser=TAB) is Refreshing.REPEAT, "not another generation"
    assert shared.judge(0, NOON + 2 * SECOND, browser=TAB) is Refreshing.REPEAT


def test_nothing_counts_after_the_end() -> None:
    ended = session()
    assert ended.end(End.REVOKED, NOON)
    assert not ended.end(End.SIGNED_OUT, NOON), "the first reason stays"
    assert ended.end_reason == "revoked"
    for generation in (1, 2, 3):
        assert ended.judge(generation, NOON, browser=TAB) is Refreshing.EXPIRED
    assert session().judge(3, NOON + LIFETIME, browser=TAB) is Refreshing.EXPIRED


def test_a_thief_who_was_quick_is_found_out_when_the_owner_goes_on() -> None:
    # Both showed generation 2 within the grace, so each of them holds a token of generation 3.
    shared = session()
    assert shared.judge(3, NOON + timedelta(minutes=14), browser=TAB) is Refreshing.ROTATE
    shared.advance(NOON + timedelta(minutes=14))
    assert shared.judge(3, NOON + timedelta(minutes=15), browser=TAB) is Refreshing.REUSED
