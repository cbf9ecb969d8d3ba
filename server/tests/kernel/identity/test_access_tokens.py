"""Access tokens: ours, whole, for us, and not over."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.identity.sessions.access_tokens import (
    LIFETIME,
    AccessTokenExpired,
    AccessTokenInvalid,
    issue,
    read,
)
from gamekeeper.kernel.keys.derived import derived

MASTER = bytes(32)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def forged(claims: dict[str, object], **header: str) -> str:
    """A token that only differs from ours in what a test says."""
    ours = issue(MASTER, new_id(), new_id(), NOON)
    parts = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in ours.split(".")[:2]]
    key = OctKey.import_key(derived(MASTER, "access token v1"))
    return jwt.encode({**parts[0], **header}, {**parts[1], **claims}, key)


def test_a_token_says_who_and_which_sign_in_until_when() -> None:
    user, session = new_id(), new_id()
    claims = read(MASTER, issue(MASTER, user, session, NOON), NOON + LIFETIME - timedelta(seconds=1))
    assert (claims.user_id, claims.session_id) == (user, session)
    assert claims.expires_at == NOON + LIFETIME


def test_it_is_over_after_fifteen_minutes() -> None:
    assert timedelta(minutes=15) == LIFETIME
    with pytest.raises(AccessTokenExpired):
        read(MASTER, issue(MASTER, new_id(), new_id(), NOON), NOON + LIFETIME)


def test_another_master_key_takes_no_token() -> None:
    with pytest.raises(AccessTokenInvalid):
        read(bytes(31) + b"x", issue(MASTER, new_id(), new_id(), NOON), NOON)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "somebody-else"},
        {"iss": "somebody-else"},
        {"sub": "ada"},
        {"sid": None},
        {"exp": None},
        {"exp": "never"},
    ],
)
def test_each_claim_is_looked_at(claims: dict[str, object]) -> None:
    with pytest.raises(AccessTokenInvalid):
        read(MASTER, forged(claims), NOON)


def test_another_key_id_is_refused_although_the_key_fits() -> None:
    with pytest.raises(AccessTokenInvalid):
        read(MASTER, forged({}, kid="older"), NOON)


def test_the_algorithm_is_ours_and_not_the_tokens() -> None:
    head, body, mark = issue(MASTER, new_id(), new_id(), NOON).split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=="))
    for algorithm in ("none", "HS512", "RS256"):
        changed = base64.urlsafe_b64encode(json.dumps({**header, "alg": algorithm}).encode()).decode().rstrip("=")
        for signature in (mark, ""):
            with pytest.raises(AccessTokenInvalid):
                read(MASTER, f"{changed}.{body}.{signature}", NOON)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["alg", "crit", "kid"]), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["alg", "kid", "crit", "typ", "b64", "enc", "zip"]), json_values) | json_values)
@example({"alg": "HS256", "crit": 1})
@example({"alg": "HS256", "crit": [[]]})
def test_a_header_of_any_shape_is_invalid_and_nothing_worse(header: object) -> None:
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    with pytest.raises(AccessTokenInvalid):
        read(MASTER, f"{head}.e30.x", NOON)


@given(st.text(max_size=300))
def test_anything_else_is_invalid_and_nothing_worse(text: str) -> None:
    with pytest.raises(AccessTokenInvalid):
        read(MASTER, text, NOON)


@given(st.integers(0, 250), st.characters(codec="ascii"))
def test_one_changed_sign_is_enough(place: int, sign: str) -> None:
    token = issue(MASTER, new_id(), new_id(), NOON)
    changed = token[:place] + sign + token[place + 1 :]
    if changed != token:
        with pytest.raises(AccessTokenInvalid):
            read(MASTER, changed, NOON)


def test_a_very_long_one_is_not_even_decoded() -> None:
    with pytest.raises(AccessTokenInvalid):
        read(MASTER, "a" * 1_000_000, NOON)
