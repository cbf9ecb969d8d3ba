"""Which passwords are refused."""

import pytest

from gamekeeper.kernel.identity.strength import WeakPassword, refuse_weak


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short one", "short"),
        ("password123", "well_known"),
        ("P@ssw0rd2026!", "well_known"),
        ("!!Welcome2026!!", "well_known"),
        ("1234567890", "regular"),
        ("0987654321", "regular"),
        ("aaaaaaaaaaaa", "regular"),
        ("abcabcabcabc", "regular"),
        ("qwertyuiop", "regular"),
        ("poiuytrewq", "regular"),
        ("lovelace2026", "own_name"),
        ("ada.lovelace", "own_name"),
    ],
)
def test_guessable_passwords_are_refused_with_the_reason(password: str, reason: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        refuse_weak(password, "ada.lovelace@example.com", "Ada Lovelace")
    assert refused.value.details["reason"] == reason
    assert refused.value.code == "weak_password"


@pytest.mark.parametrize("password", ["plum harbor tin lark", "xk7#mQv2pLr", "Ada went to the harbor", "4815162342zq"])
def test_others_are_taken(password: str) -> None:
    refuse_weak(password, "ada.lovelace@example.com", "Ada Lovelace")
