"""Somebody who works at one site: their part of the fleet, live, without a reload."""

import secrets
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import watched
from tests.running import Running

pytestmark = pytest.mark.browser

PASSWORD = "walnut-ferry-7-candle"
Do = Callable[..., Any]


def as_owner(running: Running) -> Do:
    headers = {"Authorization": f"Bearer {running.token()}"}

    def do(method: str, path: str, **body: Any) -> Any:
        answer = httpx.request(method, f"{running.url}/api/v1/{path}", json=body or None, headers=headers, timeout=20)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    return do


def sign_in_as(page: Page, email: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def test_a_members_fleet_is_their_sites_and_stays_true(browser: Browser, owned: Running) -> None:
    do = as_owner(owned)
    mark = secrets.token_hex(3)
    harbor, quarry = (
        do("POST", "sites", name=f"{name} {mark}", time_zone="UTC")["id"] for name in ("Harbor", "Quarry")
    )
    do("POST", "devices", name=f"Crane {mark}", site_id=harbor)
    digger = do("POST", "devices", name=f"Digger {mark}", site_id=quarry)["id"]
    email = f"hana.{mark}@example.com"
    hana = do("POST", "users", email=email, name="Hana", password=PASSWORD, roles=["staff"], sites=[harbor])["id"]
    with watched(browser, owned) as page:
        sign_in_as(page, email)
        page.get_by_role("link", name="Devices").first.click()
        expect(row(page, f"Crane {mark}")).to_be_visible()
        expect(row(page, f"Digger {mark}")).to_have_count(0)
        expect(row(page, "This computer")).to_have_count(0)

        ferry = do("POST", "devices", name=f"Ferry {mark}", site_id=harbor)["id"]
        expect(row(page, f"Ferry {mark}")).to_be_visible()
        do("PUT", f"devices/{ferry}", site_id=quarry)
        expect(row(page, f"Ferry {mark}")).to_have_count(0)

        grant = do(
            "POST",
            "grants",
            user_id=hana,
            resource_kind="device",
            resource_id=digger,
            permissions=["fleet.device.view"],
        )["id"]
        expect(row(page, f"Digger {mark}")).to_be_visible()
        do("DELETE", f"grants/{grant}")
        expect(row(page, f"Digger {mark}")).to_have_count(0)
        expect(row(page, f"Crane {mark}")).to_be_visible()

        do("PUT", f"users/{hana}", roles=["customer"])
        expect(row(page, f"Crane {mark}")).to_have_count(0)
        expect(page.get_by_role("link", name="Devices")).to_have_count(0)
