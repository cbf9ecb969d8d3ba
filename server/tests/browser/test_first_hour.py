"""The first hour in a real browser: signed in, this computer in the list, live, and no reload needed."""

import re
import signal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import sign_in, watched
from tests.running import OWNER, Running

pytestmark = pytest.mark.browser


def test_this_computer_appears_by_itself_and_goes_offline_live(page: Page, owned: Running) -> None:
    sign_in(page)
    page.get_by_role("link", name="Devices").first.click()
    row = page.get_by_role("row", name=re.compile("This computer"))
    expect(row).to_contain_text("Online")
    agent = owned.agent()
    agent.send_signal(signal.SIGSTOP)
    try:
        expect(row).to_contain_text("Offline", timeout=60_000)
    finally:
        agent.send_signal(signal.SIGCONT)
    expect(row).to_contain_text("Online", timeout=60_000)


def test_a_wrong_password_says_so_and_a_right_one_survives_a_reload(page: Page) -> None:
    sign_in(page, "not-" + OWNER["password"])
    expect(page.get_by_text("The e-mail address or the password is wrong.")).to_be_visible()
    sign_in(page)
    expect(page.get_by_role("link", name="Devices").first).to_be_visible()
    expect(page.locator("h1")).to_be_visible()  # the page itself stands: nothing goes anywhere by itself any more
    page.reload()
    expect(page.get_by_role("link", name="Devices").first).to_be_visible()
    kept = page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert "eyJ" not in kept, "the access token lives in memory only"


def test_the_set_up_link_works_once(page: Page, owned: Running) -> None:
    page.goto(next(word for word in owned.said().split() if "/setup#" in word))
    expect(page.get_by_text("This installation is set up already.")).to_be_visible()


def test_the_palette_goes_anywhere_by_keyboard(page: Page) -> None:
    sign_in(page)
    expect(page.get_by_role("link", name="Devices").first).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("audit")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/audit"))


def test_on_a_phone_the_rail_is_a_bar(browser: Browser, owned: Running) -> None:
    with watched(browser, owned, width=390) as page:
        sign_in(page)
        expect(page.get_by_role("link", name="Devices").locator("visible=true").first).to_be_visible()
        page.get_by_role("link", name="Devices").locator("visible=true").first.click()
        expect(page.get_by_text("This computer").locator("visible=true").first).to_be_visible()
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, "nothing may stick out to the side"
        row = page.get_by_role("row", name=re.compile("This computer"))
        assert row.evaluate("row => row.scrollWidth - row.clientWidth") <= 0, "no column may be cut off"
