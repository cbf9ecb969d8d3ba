"""One-time codes and recovery codes."""

from datetime import UTC, datetime, timedelta

import pyotp.totp

from gamekeeper.kernel.identity.mfa.totp import (
    CODES,
    enrolment_uri,
    looks_like_code,
    matching_step,
    new_recovery_codes,
    new_secret,
    plain_recovery_code,
    qr_svg,
)

NOON = datetime(2026, 11, 21, 12, 0, 10, tzinfo=UTC)


def test_the_code_of_rfc_6238_at_its_moment() -> None:
    # Appendix B, SHA-1, time 59 s: 94287082, of which an app with six digits shows the last six.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert matching_step(secret, "287082", datetime.fromtimestamp(59, UTC)) == 1


def test_one_step_of_clock_difference_is_taken_and_no_more() -> None:
    secret = new_secret()
    code = pyotp.totp.TOTP(secret).at(NOON)
    step = int(NOON.timestamp()) // 30
    for seconds in (-30, 0, 30):
        assert matching_step(secret, code, NOON + timedelta(seconds=seconds)) == step
    for seconds in (-60, 60):
        assert matching_step(secret, code, NOON + timedelta(seconds=seconds)) is None


def test_recovery_codes_are_many_different_and_long() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == CODES
    assert all(len(plain_recovery_code(code)) == 16 for code in codes)


def test_people_type_recovery_codes_as_they_like() -> None:
    assert plain_recovery_code(" abcd efgh-JKLM") == "ABCDEFGHJKLM"
    assert not looks_like_code("ABCD-EFGH-JKLM-NPQR")
    assert not looks_like_code("\uff11\uff12\uff13\uff14\uff15\uff16"), "digits of another script are no code of an app"


def test_the_picture_is_an_svg_of_the_address() -> None:
    uri = enrolment_uri("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "ada@example.com")
    assert uri.startswith("otpauth://totp/Gamekeeper:ada%40example.com?secret=GEZDGNBVGY3T")
    assert qr_svg(uri).startswith("<svg")
