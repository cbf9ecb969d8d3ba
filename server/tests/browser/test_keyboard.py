"""A working day without a mouse: signed in, a machine asked, an hour sold and ended, signed out."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.running import OWNER, Running

pytestmark = pytest.mark.browser

_PATIENCE = 40_000


@pytest.fixture
def seat(owned: Running) -> None:
    """A seat with a price, as another test may have left it already."""
    headers = {"Authorization": f"Bearer {owned.token()}", "idempotency-key": "keyboard"}
    with httpx.Client(base_url=f"{owned.url}/api/v1", headers=headers, timeout=20) as api:
        if not api.get("/stations").json()["items"]:
            owned.until(lambda: online(api))
            machine = online(api)[0]
            places = api.get("/sites").json()["items"]
            site = places[0] if places else api.post("/sites", json={"name": "Hall", "time_zone": "UTC"}).json()
            added = api.post("/stations", json={"site_id": site["id"], "device_ids": [machine["id"]], "zone": "Hall"})
            assert added.is_success, added.text
        site_id = api.get("/stations").json()["items"][0]["site_id"]
        if not any(rule["site_id"] == site_id for rule in api.get("/price-rules").json()["items"]):
            made = api.post("/price-rules", json={"site_id": site_id})
            assert made.is_success, made.text


def online(api: httpx.Client) -> list[dict[str, object]]:
    """The machines that are here."""
    return [one for one in api.get("/devices").json()["items"] if one["status"] == "online"]


def palette(page: Page, typed: str) -> None:
    """Find something and do it."""
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type(typed)
    expect(page.get_by_role("option").first).to_contain_text(re.compile(typed, re.IGNORECASE))
    page.keyboard.press("Enter")


@pytest.mark.usefixtures("seat")
def test_everything_is_reached_by_keys_alone(page: Page) -> None:
    page.goto("/sign-in")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(OWNER["email"])
    page.keyboard.press("Tab")
    page.keyboard.type(OWNER["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Devices").first).to_be_visible()

    palette(page, "Go to Devices")
    expect(page.get_by_role("row", name=re.compile("This computer"))).to_be_visible()
    for _ in range(20):
        page.keyboard.press("j")
        if "This computer" in page.locator("[data-current]").inner_text():
            break
    page.keyboard.press("Enter")
    expect(page.locator("[data-panel]")).to_contain_text("This computer")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name="This computer", level=1)).to_be_visible()
    page.keyboard.press("l")
    latest = page.locator(".commands > li").first
    expect(latest).to_contain_text("Fetch log")
    expect(latest).to_contain_text("Done", timeout=_PATIENCE)

    palette(page, "Go to Floor")
    tile = page.locator("[data-seat]").first
    expect(tile).to_have_attribute("data-state", "free", timeout=_PATIENCE)
    page.keyboard.press("j")
    expect(page.locator("[data-panel]")).to_be_visible()
    expect(page.locator(".panel").get_by_role("button", name=re.compile("min")).first).to_be_visible()
    page.keyboard.press("1")
    expect(tile).to_have_attribute("data-state", re.compile("busy|ending"), timeout=_PATIENCE)
    page.keyboard.press("e")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("button", name="End now")).to_be_focused()
    page.keyboard.press("Enter")
    expect(tile).to_have_attribute("data-state", "free", timeout=_PATIENCE)

    palette(page, "Sign out")
    expect(page.get_by_label("E-mail")).to_be_focused()


def test_what_is_done_on_one_page_is_asked_for_on_any_and_back_leaves_it(page: Page) -> None:
    sign_in(page)
    expect(page.get_by_role("link", name="Devices").first).to_be_visible()
    palette(page, "Go to People")
    expect(page.get_by_role("heading", name="People", level=1)).to_be_visible()
    palette(page, "Enrol a machine")
    dialog = page.get_by_role("dialog", name="Enrol a machine")
    expect(dialog).to_be_visible()
    expect(page).to_have_url(re.compile("/devices"))
    page.reload()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(re.compile("/devices$"))
    page.keyboard.press("n")
    expect(dialog).to_be_visible()
    page.go_back()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("heading", name="Devices", level=1)).to_be_visible()


@pytest.mark.usefixtures("seat")
def test_closing_leaves_no_step_that_back_takes_in_vain(page: Page) -> None:
    sign_in(page)
    expect(page.get_by_role("link", name="Devices").first).to_be_visible()
    palette(page, "Go to People")
    expect(page.get_by_role("heading", name="People", level=1)).to_be_visible()
    palette(page, "Go to Floor")
    expect(page.locator("[data-seat]").first).to_be_visible()
    for key in ("n", "p", "n"):
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page).to_have_url(re.compile("/floor$"))
    page.locator("[data-seat]").first.click()
    expect(page.locator("[data-panel]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/floor$"))
    page.go_back()
    expect(page.get_by_role("heading", name="People", level=1)).to_be_visible()
