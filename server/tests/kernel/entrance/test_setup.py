"""The first owner of a fresh installation."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update

from gamekeeper.kernel.entrance.setup.models import SetupLink
from gamekeeper.kernel.entrance.setup.service import ensure_first_owner, setup_link
from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.identity.strength import WeakPassword
from gamekeeper.kernel.runtime import Runtime
from tests.kernel.conftest import open_app
from tests.people import PASSWORD


def browser(runtime: Runtime) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=open_app(runtime), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://gamekeeper.test")


async def token_of(runtime: Runtime) -> str:
    link = await setup_link(runtime)
    assert link is not None
    assert link.startswith("http://127.0.0.1:8470/setup#gks_")
    return link.partition("#")[2]


def body(token: str, **other: Any) -> dict[str, Any]:
    return {
        "token": token,
        "organization": "Lantern",
        "name": "Ada",
        "email": "Ada@Example.com",
        "password": PASSWORD,
        "time_zone": "Europe/Berlin",
        **other,
    }


async def test_the_link_makes_an_owner_who_is_signed_in(fresh: Runtime) -> None:
    async with browser(fresh) as page:
        assert (await page.get("/api/v1/setup")).json() == {"needed": True, "mail": False}
        made = await page.post("/api/v1/setup", json=body(await token_of(fresh)))
        assert made.status_code == 201
        headers = {"authorization": f"Bearer {made.json()['access_token']}"}
        me = (await page.get("/api/v1/me", headers=headers)).json()
        assert me["user"]["email"] == "ada@example.com"
        assert me["organizations"][0]["roles"] == ["owner"]
        organization = (await page.get("/api/v1/organization", headers=headers)).json()
        assert (organization["name"], organization["time_zone"]) == ("Lantern", "Europe/Berlin")
        sites = (await page.get("/api/v1/sites", headers=headers)).json()["items"]
        assert [site["name"] for site in sites] == ["Main"]
        assert (await page.post("/api/v1/auth/refresh")).status_code == 200
        assert (await page.get("/api/v1/setup")).json() == {"needed": False, "mail": False}
        log = (await page.get("/api/v1/events", headers={**headers})).json()["items"]
        assert {"organization:created", "member:joined", "user:created", "signin:started"} <= {
            event["type"] for event in log
        }


async def test_it_works_once(fresh: Runtime) -> None:
    async with browser(fresh) as page:
        token = await token_of(fresh)
        tries = [page.post("/api/v1/setup", json=body(token, email=f"ada{n}@example.com")) for n in range(4)]
        codes = sorted(answer.status_code for answer in await asyncio.gather(*tries))
        assert codes == [201, 409, 409, 409]
        assert await setup_link(fresh) is None
    async with fresh.as_system(None) as ctx:
        assert await ctx.session.scalar(select(func.count()).select_from(User)) == 1


async def test_wrong_old_and_expired_links_are_gone(fresh: Runtime) -> None:
    async with browser(fresh) as page:
        old = await token_of(fresh)
        new = await token_of(fresh)
        for token in ("gks_wrong", "", old):
            answer = await page.post("/api/v1/setup", json=body(token))
            assert (answer.status_code, answer.json()["code"]) == (410, "setup_link_invalid")
        async with fresh.as_system(None) as ctx:
            earlier = SetupLink.expires_at - timedelta(days=1)
            await ctx.session.execute(
                update(SetupLink).values(expires_at=earlier).execution_options(synchronize_session=False)
            )
        assert (await page.post("/api/v1/setup", json=body(new))).status_code == 410


async def test_what_is_not_good_enough_leaves_the_link_unused(fresh: Runtime) -> None:
    async with browser(fresh) as page:
        token = await token_of(fresh)
        for other, code in (
            ({"password": "password123"}, "weak_password"),
            ({"password": "short"}, "weak_password"),
            ({"time_zone": "Mars/Olympus"}, "unknown_time_zone"),
            ({"email": "ada"}, "invalid"),
            ({"organization": ""}, "invalid"),
        ):
            answer = await page.post("/api/v1/setup", json=body(token, **other))
            assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert (await page.post("/api/v1/setup", json=body(token))).status_code == 201


async def test_unattended(fresh: Runtime) -> None:
    assert not await ensure_first_owner(fresh)
    fresh.settings = fresh.settings.model_copy(
        update={"admin_email": "Boss@Example.com", "admin_password": SecretStr(PASSWORD)}
    )
    made = await asyncio.gather(*(ensure_first_owner(fresh) for _ in range(3)))
    assert sorted(made) == [False, False, True]
    assert await setup_link(fresh) is None
    async with browser(fresh) as page:
        answer = await page.post("/api/v1/auth/login", json={"email": "boss@example.com", "password": PASSWORD})
        assert answer.status_code == 200
        assert not await ensure_first_owner(fresh), "made once"


async def test_unattended_with_a_weak_password_makes_nobody(fresh: Runtime) -> None:
    fresh.settings = fresh.settings.model_copy(
        update={"admin_email": "boss@example.com", "admin_password": SecretStr("password123")}
    )
    with pytest.raises(WeakPassword):
        await ensure_first_owner(fresh)
    assert await setup_link(fresh) is not None
