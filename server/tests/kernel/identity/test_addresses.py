"""One form of an e-mail address for one mailbox, and never the same form for two."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamekeeper.kernel.identity.models import AddressInvalid, normalized
from tests.people import People


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        (" Max.Muster@Example.COM ", "max.muster@example.com"),
        ("ＭＡＸ@ｅｘａｍｐｌｅ。com", "max@example.com"),  # noqa: RUF001 - wide letters, as some keyboards write them
        ("max@Fußball.example", "max@xn--fuball-cta.example"),
        ("max@XN--FUBALL-CTA.example", "max@xn--fuball-cta.example"),
        ("Straße@example.com", "straße@example.com"),
        ("a@b@example.com", "a@b@example.com"),
    ],
)
def test_one_form(typed: str, canonical: str) -> None:
    assert normalized(typed) == canonical
    assert normalized(canonical) == canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("max@fußball.example", "max@fussball.example"),
        ("max@ελλάς.example", "max@ελλάσ.example"),
        ("straße@example.com", "strasse@example.com"),
        ("max@example.com", "max@examp1e.com"),
    ],
)
def test_two_mailboxes_are_two(one: str, other: str) -> None:
    assert normalized(one) != normalized(other)


@pytest.mark.parametrize(
    "text",
    ["", "max", "@example.com", "max@", "max@exam ple.☃", "max@☃.com", "max muster@example.com", "¯@example.com"],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(AddressInvalid):
        normalized(text)


@given(st.text(max_size=40) | st.builds("{}@example.com".format, st.text(max_size=20)))
def test_the_form_of_a_form_is_itself(text: str) -> None:
    try:
        form = normalized(text)
    except AddressInvalid:
        return
    assert normalized(form) == form


async def test_a_reset_for_one_domain_never_reaches_another(people: People) -> None:
    """Whoever owns fussball.example must not be mailed the way into an account of fußball.example."""
    async with people.browser(people.ada) as ada:
        body = {"name": "Max", "password": "plum harbor tin lark", "roles": ["staff"]}
        made: list[httpx.Response] = [
            await ada.post("/api/v1/users", json=body | {"email": f"max.{people.lantern}@{domain}.example"})
            for domain in ("fußball", "fussball")
        ]
        assert [answer.status_code for answer in made] == [201, 201], made[1].text
        assert made[0].json()["email"].endswith("@xn--fuball-cta.example")
        refused = await ada.post("/api/v1/users", json=body | {"email": "max@☃.example"})
        assert refused.status_code == 422
