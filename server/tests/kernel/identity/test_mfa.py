"""Two-step sign-in at the door."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx
import pytest
from pyotp.totp import TOTP
from sqlalchemy import select

from gamekeeper.kernel.identity.mfa.models import MfaFactor
from gamekeeper.kernel.secrets.models import SystemSecret
from tests.people import PASSWORD, People, events, slowed


async def enabled(browser: httpx.AsyncClient) -> tuple[TOTP, list[str]]:
    """Set two-step sign-in up; the app on the phone and the recovery codes. The code of this moment is used up."""
    begun = await browser.post("/api/v1/auth/mfa/setup", json={"password": PASSWORD})
    assert begun.status_code == 200
    phone = TOTP(begun.json()["secret"])
    done = await browser.post("/api/v1/auth/mfa/verify", json={"code": phone.now()})
    assert done.status_code == 200
    return phone, done.json()["recovery_codes"]


def next_code(phone: TOTP) -> str:
    """The code of the next half minute, which is taken already now."""
    return phone.at(datetime.now(UTC) + timedelta(seconds=30))


async def login(people: People, code: str | None = None) -> httpx.Response:
    async with people.browser() as browser:
        body = {"email": people.ada.email, "password": PASSWORD, "code": code}
        return await browser.post("/api/v1/auth/login", json=body)


async def test_once_set_up_nobody_signs_in_without_a_code(people: People) -> None:
    async with people.browser(people.ada) as browser:
        phone, _ = await enabled(browser)
        me = (await browser.get("/api/v1/me")).json()
        assert me["mfa_enabled"]
        assert me["recovery_codes_left"] == 10
    refused = await login(people)
    assert (refused.status_code, refused.json()["code"]) == (401, "mfa_required")
    assert "set-cookie" not in refused.headers
    assert (await login(people, "000000")).json()["code"] == "mfa_code_invalid"
    assert (await login(people, next_code(phone))).status_code == 200


async def test_a_code_is_good_once(people: People) -> None:
    async with people.browser(people.ada) as browser:
        phone, _ = await enabled(browser)
    code = next_code(phone)
    assert (await login(people, code)).status_code == 200
    assert (await login(people, code)).json()["code"] == "mfa_code_invalid"
    assert (await login(people, phone.now())).json()["code"] == "mfa_code_invalid", "neither an older one"


async def test_without_the_right_password_nobody_learns_that_a_code_is_needed(people: People) -> None:
    async with people.browser(people.ada) as browser:
        await enabled(browser)
        answer = await browser.post(
            "/api/v1/auth/login", json={"email": people.ada.email, "password": "wrong one here"}
        )
    assert answer.json()["code"] == "bad_credentials"


async def test_a_recovery_code_stands_in_for_the_phone_once(people: People) -> None:
    async with people.browser(people.ada) as browser:
        _, codes = await enabled(browser)
    typed = codes[0].lower().replace("-", " ")
    assert (await login(people, typed)).status_code == 200
    assert (await login(people, codes[0])).json()["code"] == "mfa_code_invalid"
    async with people.runtime.as_system(None) as ctx:
        used = await events(ctx, people.lantern, "user:recovery-code-used")
    assert [row["data"]["left"] for row in used] == [9]


async def test_new_recovery_codes_end_the_old_ones(people: People) -> None:
    async with people.browser(people.ada) as browser:
        phone, old = await enabled(browser)
        renewed = await browser.post("/api/v1/auth/mfa/recovery-codes", json={"code": next_code(phone)})
        assert renewed.status_code == 200
        fresh = renewed.json()["recovery_codes"]
    assert not set(fresh) & set(old)
    assert (await login(people, old[0])).status_code == 401
    assert (await login(people, fresh[0])).status_code == 200


async def test_guessing_codes_is_slowed_down_although_the_password_is_right(people: People) -> None:
    async with people.browser(people.ada) as browser:
        await enabled(browser)
    guesses = count()
    answers = await slowed(lambda: login(people, f"{next(guesses):06}"))
    assert answers[-1].json()["code"] == "too_many_attempts"
    assert len(answers) > 5


async def test_asking_for_a_code_does_not_make_guessing_free(people: People) -> None:
    """Whoever has the password may ask as often as they like, but a wrong code stays counted."""
    async with people.browser(people.ada) as browser:
        await enabled(browser)
    guesses = count()

    async def guess() -> httpx.Response:
        assert (await login(people, f"{next(guesses):06}")).status_code in {401, 429}
        return await login(people)

    codes = [answer.json()["code"] for answer in await slowed(guess)]
    assert codes[0] == "mfa_required"
    assert codes[-1] == "too_many_attempts"


async def test_neither_does_proving_the_password_once_more(people: People) -> None:
    async with people.browser(people.ada) as browser:
        await enabled(browser)
        guesses = count()

        def guess() -> Awaitable[httpx.Response]:
            body = {"password": PASSWORD, "code": f"{next(guesses):06}"}
            return browser.request("DELETE", "/api/v1/auth/mfa", json=body)

        codes = [answer.json()["code"] for answer in await slowed(guess)]
    assert codes[0] == "current_code_wrong"
    assert codes[-1] == "too_many_attempts"


async def test_a_stolen_access_token_neither_sets_it_up_nor_guesses_codes(people: People) -> None:
    async with people.browser(people.ada) as browser:
        refused = await browser.post("/api/v1/auth/mfa/setup", json={"password": "not the password"})
        assert refused.json()["code"] == "current_password_wrong"
        await browser.post("/api/v1/auth/mfa/setup", json={"password": PASSWORD})
        guesses = count()
        answers = await slowed(lambda: browser.post("/api/v1/auth/mfa/verify", json={"code": f"{next(guesses):06}"}))
    assert answers[-1].json()["code"] == "too_many_attempts"


@pytest.mark.parametrize("code", ["\uff11\uff12\uff13\uff14\uff15\uff16", "ABCDEF", "ab-cd-ef"])
async def test_what_is_no_code_is_called_that(people: People, code: str) -> None:
    async with people.browser(people.ada) as browser:
        await browser.post("/api/v1/auth/mfa/setup", json={"password": PASSWORD})
        refused = await browser.post("/api/v1/auth/mfa/verify", json={"code": code})
    assert (refused.status_code, refused.json()["code"]) == (403, "current_code_wrong")


async def test_whose_factor_is_taken_away_starts_anew_where_it_is_required(people: People) -> None:
    bea = await people.person("Bea", "admin")
    async with people.browser(people.ada) as ada, people.browser(bea) as browser:
        await enabled(ada)
        await enabled(browser)
        assert (await ada.put("/api/v1/organization", json={"require_mfa": "admins"})).is_success
        assert (await browser.get("/api/v1/users")).is_success
        assert (await ada.delete(f"/api/v1/users/{bea.id}/mfa")).status_code == 204
        refused = await browser.get("/api/v1/users")
        assert (refused.status_code, refused.json()["code"]) == (403, "mfa_setup_required")
        await enabled(browser)
        assert (await browser.get("/api/v1/users")).is_success


async def test_nobody_goes_around_the_doors_of_their_own_account(people: People) -> None:
    own, other = f"/api/v1/users/{people.ada.id}", {"password": "brass kite over moss"}
    bea = await people.person("Bea", "staff")
    async with people.browser(people.ada) as ada, people.browser() as script:
        await enabled(ada)
        may = (await ada.get("/api/v1/me")).json()["permissions"]
        made = await ada.post("/api/v1/tokens", json={"name": "Script", "permissions": may})
        script.headers["authorization"] = f"Bearer {made.json()['token']}"
        for browser, path, code in (
            (ada, own, "own_account"),
            (script, own, "only_for_people"),
            (script, f"/api/v1/users/{bea.id}", "only_for_people"),
        ):
            for refused in (await browser.delete(f"{path}/mfa"), await browser.put(path, json=other)):
                assert (refused.status_code, refused.json()["code"]) == (403, code)
        assert (await ada.get("/api/v1/me")).json()["mfa_enabled"]


async def test_the_set_up_may_begin_anew_until_it_is_finished(people: People) -> None:
    async with people.browser(people.ada) as browser:
        early = await browser.post("/api/v1/auth/mfa/verify", json={"code": "123456"})
        assert (early.status_code, early.json()["code"]) == (404, "mfa_not_started")
        await browser.post("/api/v1/auth/mfa/setup", json={"password": PASSWORD})
        await enabled(browser)
        again = await browser.post("/api/v1/auth/mfa/setup", json={"password": PASSWORD})
        assert (again.status_code, again.json()["code"]) == (409, "mfa_already_enabled")
        verified = await browser.post("/api/v1/auth/mfa/verify", json={"code": "123456"})
        assert verified.json()["code"] == "mfa_already_enabled"


async def test_taking_it_away_takes_password_and_code(people: People) -> None:
    async with people.browser(people.ada) as browser:
        _, codes = await enabled(browser)
        for body, answer in (
            ({"password": "not the password", "code": codes[0]}, (403, "current_password_wrong")),
            ({"password": PASSWORD, "code": "AAAA-AAAA-AAAA-AAAA"}, (403, "current_code_wrong")),
        ):
            refused = await browser.request("DELETE", "/api/v1/auth/mfa", json=body)
            assert (refused.status_code, refused.json()["code"]) == answer
        removed = await browser.request("DELETE", "/api/v1/auth/mfa", json={"password": PASSWORD, "code": codes[0]})
        assert removed.status_code == 204
    assert (await login(people)).status_code == 200


async def test_the_secret_is_sealed_and_goes_with_the_factor(people: People) -> None:
    async with people.browser(people.ada) as browser:
        phone, codes = await enabled(browser)
        async with people.runtime.as_system(None) as ctx:
            factor = await ctx.session.get_one(MfaFactor, people.ada.id)
            sealed = await ctx.session.get_one(SystemSecret, factor.secret_id)
            assert phone.secret.encode() not in sealed.ciphertext
        await browser.request("DELETE", "/api/v1/auth/mfa", json={"password": PASSWORD, "code": codes[0]})
    async with people.runtime.as_system(None) as ctx:
        assert not await ctx.scalars(select(SystemSecret).where(SystemSecret.id == factor.secret_id))


@pytest.mark.parametrize(("rule", "role", "needed"), [("admins", "admin", True), ("admins", "staff", False)])
async def test_an_owner_requires_it_of_all_admins(people: People, rule: str, role: str, *, needed: bool) -> None:
    bea = await people.person("Bea", role)
    async with people.browser(people.ada) as browser:
        await enabled(browser)
        assert (await browser.put("/api/v1/organization", json={"require_mfa": rule})).status_code == 200
    async with people.browser(bea) as browser:
        answer = await browser.get("/api/v1/sites")
        if not needed:
            assert answer.status_code == 200
            return
        assert (answer.status_code, answer.json()["code"]) == (403, "mfa_setup_required")
        me = (await browser.get("/api/v1/me")).json()
        assert (me["obstacle"], me["organization_id"], me["mfa_required"]) == ("mfa_setup_required", None, True)
        _, codes = await enabled(browser)
        assert (await browser.get("/api/v1/sites")).status_code == 200, "the way out is open without a new sign-in"
        kept = await browser.request("DELETE", "/api/v1/auth/mfa", json={"password": PASSWORD, "code": codes[0]})
        assert (kept.status_code, kept.json()["code"]) == (403, "mfa_obligatory")


async def test_only_an_owner_requires_it(people: People) -> None:
    bea = await people.person("Bea", "admin")
    async with people.browser(bea) as browser:
        assert (await browser.put("/api/v1/organization", json={"name": "Lantern 2"})).status_code == 200
        refused = await browser.put("/api/v1/organization", json={"require_mfa": "everyone"})
    assert (refused.status_code, refused.json()["permission"]) == (403, "kernel.organization.require_mfa")


async def test_where_it_is_required_a_sign_in_from_before_is_not_enough(people: People) -> None:
    async with people.browser(people.ada) as browser, people.browser() as other:
        login = {"email": people.ada.email, "password": PASSWORD}
        token = (await other.post("/api/v1/auth/login", json=login)).json()["access_token"]
        other.headers["authorization"] = f"Bearer {token}"
        await enabled(browser)
        assert (await other.get("/api/v1/sites")).status_code == 200
        await browser.put("/api/v1/organization", json={"require_mfa": "everyone"})
        assert (await browser.get("/api/v1/sites")).status_code == 200
        assert (await other.get("/api/v1/sites")).json()["code"] == "mfa_setup_required"


async def test_where_it_is_required_api_tokens_wait_for_their_person(people: People) -> None:
    bea = await people.person("Bea", "admin")
    async with people.browser(bea) as browser, people.browser(people.ada) as ada, people.browser() as script:
        made = await browser.post("/api/v1/tokens", json={"name": "Script", "permissions": ["kernel.site.read"]})
        script.headers["authorization"] = f"Bearer {made.json()['token']}"
        assert (await script.get("/api/v1/sites")).status_code == 200
        await enabled(ada)
        await ada.put("/api/v1/organization", json={"require_mfa": "admins"})
        refused = await script.get("/api/v1/sites")
        assert (refused.status_code, refused.json()["code"]) == (403, "mfa_setup_required")
        await enabled(browser)
        assert (await script.get("/api/v1/sites")).status_code == 200
