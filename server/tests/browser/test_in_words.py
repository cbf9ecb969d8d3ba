"""What a newcomer reads: sentences that are true of them, and facts in words, money and the right clock's hours."""

import re
import secrets
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import sign_in, watched
from tests.running import Running
from tests.world import key

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def post(running: Running, path: str, **body: Any) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {running.token()}"} | key()
    answer = httpx.post(f"{running.url}/api/v1/{path}", json=body, headers=headers, timeout=20)
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_only_somebody_who_was_signed_in_is_told_that_they_are_not_any_more(page: Page) -> None:
    page.goto("/security")
    expect(page.get_by_label("E-mail")).to_be_visible()
    told = page.get_by_text("You were signed out")
    expect(told).to_have_count(0)
    sign_in(page)
    expect(page.get_by_role("link", name="Devices").first).to_be_visible()
    page.context.clear_cookies()
    page.goto("/security")
    expect(told).to_be_visible()


def test_a_wrong_current_password_is_called_wrong(page: Page) -> None:
    sign_in(page)
    expect(page.get_by_role("link", name="Devices").first).to_be_visible()
    page.goto("/security")
    page.get_by_label("Current password").fill("not the password")
    page.get_by_label("New password").fill("brass kite over moss")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("The current password is wrong.")).to_be_visible()
    expect(page.get_by_text("e-mail address or the password")).to_have_count(0)


def test_the_command_to_enrol_says_whom_its_address_serves(page: Page) -> None:
    sign_in(page)
    page.get_by_role("link", name="Devices").first.click()
    page.get_by_role("button", name="Enrol a machine").first.click()
    dialog = page.get_by_role("dialog", name="Enrol a machine")
    dialog.get_by_role("combobox", name="The command is good for").click()
    page.get_by_role("option", name="7 days").click()
    dialog.get_by_role("button", name="Make the command").click()
    expect(dialog.get_by_text("within 7 days")).to_be_visible()
    expect(dialog.get_by_text("127.0.0.1 is reached from this machine only")).to_contain_text("GAMEKEEPER_PUBLIC_URL")


def test_the_audit_log_tells_money_and_the_clock_of_the_site(browser: Browser, owned: Running) -> None:
    mark = secrets.token_hex(3)
    ours, _ = (
        post(owned, "sites", name=f"{name} {mark}", time_zone=zone)
        for name, zone in (("Shibuya", "Asia/Tokyo"), ("Baixa", "Europe/Lisbon"))
    )
    post(owned, "price-rules", site_id=ours["id"], rate=296, name=f"Night {mark}")
    with watched(browser, owned) as page:
        sign_in(page)
        expect(page.get_by_role("link", name="Devices").first).to_be_visible()
        page.goto(f"/audit?q={mark}&type=%5B%22price-rule%3Amade%22%5D")
        page.get_by_role("button", name=re.compile("Choose a site")).first.click()
        page.get_by_role("menuitem", name=f"Shibuya {mark}").click()
        row = page.get_by_role("row").filter(has_text=f"Night {mark}")
        row.get_by_role("time").hover()
        expect(page.get_by_text("(Asia/Tokyo)")).to_be_visible()
        row.click()
        panel = page.get_by_role("complementary", name="price-rule:made")
        expect(panel).to_contain_text(re.compile(r"Price of an hour\D*2[.,]96"))
        expect(panel).to_contain_text(f"SiteShibuya {mark}")
        expect(panel).to_contain_text("(Asia/Tokyo)")
        expect(panel).not_to_contain_text(ours["id"])
        panel.get_by_role("button", name=f"Thing: Night {mark}").click()
        expect(page.get_by_text(f"Only about Night {mark}")).to_be_visible()
        page.go_back()
        expect(panel).to_be_visible()
        page.go_forward()
        page.get_by_role("button", name="Show everything").click()
        expect(page.get_by_text("Only about")).to_have_count(0)


def test_what_runs_next_is_told_in_words(page: Page) -> None:
    sign_in(page)
    expect(page.get_by_role("link", name="Devices").first).to_be_visible()
    page.goto("/jobs")
    next_runs = page.get_by_role("complementary")
    expect(next_runs).to_contain_text("Notice gateways that are gone")
    expect(next_runs.get_by_text("kernel.")).to_have_count(0)
