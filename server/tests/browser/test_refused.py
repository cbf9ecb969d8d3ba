"""Somebody whose role permits little: each page shows what they may see, and asks for nothing else."""

import secrets

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import watched
from tests.running import Running

pytestmark = pytest.mark.browser

PASSWORD = "walnut-ferry-7-candle"
REFUSED = {
    "/books": "venue.ledger.view",
    "/audit": "kernel.audit.read",
    "/jobs": "kernel.job.read",
    "/mails": "kernel.mail.read",
    "/people?tab=invitations": "kernel.member.invite",
}
SEEN = ("/devices", "/people", "/people?tab=roles", "/organization", "/security")


def test_nothing_is_asked_for_that_is_known_to_be_refused(browser: Browser, owned: Running) -> None:
    email = f"sam.{secrets.token_hex(3)}@example.com"
    with httpx.Client(base_url=f"{owned.url}/api/v1", headers={"authorization": f"Bearer {owned.token()}"}) as owner:
        person = {"email": email, "name": "Sam", "password": PASSWORD, "roles": ["staff"]}
        owner.post("/users", json=person).raise_for_status()
        device = owner.post("/devices", json={"name": "Kiosk"}).raise_for_status().json()["id"]
    with watched(browser, owned) as page:
        refusals: list[str] = []
        page.on("response", lambda answer: refusals.append(answer.url) if answer.status == 403 else None)
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").first.fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Devices").first.wait_for()
        for path, permission in REFUSED.items():
            page.goto(path)
            expect(page.get_by_role("status").filter(has_text="You may not see this")).to_contain_text(permission)
            expect(page.get_by_role("button", name="Try again")).to_have_count(0)
        for path in (*SEEN, f"/devices/{device}"):
            page.goto(path)
            page.locator("h1").wait_for()
            page.wait_for_load_state("networkidle")
        expect(page.get_by_role("heading", name="Kiosk")).to_be_visible()
        expect(page.get_by_role("button", name="In the audit log")).to_have_count(0)
        page.goto("/books")
        page.get_by_role("link", name="Go to Floor").click()
        expect(page.get_by_role("heading", name="Floor")).to_be_visible()
        assert refusals == []
        page.goto("/security")
        everywhere_else = page.get_by_role("button", name="Sign out everywhere else")
        expect(everywhere_else).to_be_disabled()
        login = {"email": email, "password": PASSWORD}
        httpx.post(f"{owned.url}/api/v1/auth/login", json=login).raise_for_status()
        expect(everywhere_else).to_be_enabled(timeout=30_000)
        everywhere_else.click()
        expect(page.get_by_text("Every other sign-in has ended.")).to_be_visible()
        expect(everywhere_else).to_be_disabled()
