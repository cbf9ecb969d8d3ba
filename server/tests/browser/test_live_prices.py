"""Prices and house rules that somebody changes elsewhere: no desk needs a reload to sell at what holds now."""

import re
import secrets
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.floor import PATIENCE, on_the_floor, prices
from tests.running import Running

pytestmark = pytest.mark.browser

OFFERS = [{"minutes": 30, "amount": 320}, {"minutes": 60, "amount": 640}, {"minutes": 120, "amount": 1100}]
"""At 6.40 an hour, the last with a price of its own."""


class Elsewhere:
    """The owner at another desk, by the API."""

    def __init__(self, running: Running) -> None:
        headers = {"Authorization": f"Bearer {running.token()}"}
        self._client = httpx.Client(base_url=f"{running.url}/api/v1", headers=headers, timeout=20)

    def reads(self, path: str) -> Any:
        return self._client.get(path).raise_for_status().json()

    def changes(self, path: str, **body: Any) -> None:
        self._client.patch(path, json=body).raise_for_status()

    def rule(self) -> Any:
        """What the site of the seat sells by; other tests set prices for sites of their own."""
        [seat] = self.reads("/stations")["items"]
        rules = self.reads("/price-rules")["items"]
        return next(one for one in rules if one["active"] and one["site_id"] == seat["site_id"])

    def prices(self, **body: Any) -> None:
        self.changes(f"/price-rules/{self.rule()['id']}", **body)


def offered(page: Page, minutes: int) -> Locator:
    """The button that sells so many minutes."""
    return page.locator(".panel").get_by_role("button", name=re.compile(f"^{minutes} min"))


def shows(dialog: Locator, label: str, amount: str) -> None:
    expect(dialog.get_by_label(label)).to_have_value(re.compile(rf"^{re.escape(amount)}\b"), timeout=PATIENCE)


def opens_with(dialog: Locator, elsewhere: Elsewhere) -> None:
    """OFFERS, under a name that no test before has left: what is typed next meets no change that still comes."""
    name = f"Day {secrets.token_hex(3)}"
    elsewhere.prices(name=name, rate=640, presets=OFFERS)
    shows(dialog, "Name", name)
    shows(dialog, "Price of offer 3", "11.00")


def test_a_new_price_is_where_it_is_sold_and_where_it_is_set(browser: Browser, owned: Running) -> None:
    elsewhere = Elsewhere(owned)
    with on_the_floor(browser, owned) as desk, on_the_floor(browser, owned) as office:
        dialog = prices(office)
        elsewhere.prices(name="Day", rate=500, presets=[{"minutes": 60, "amount": 500}])
        seat = desk.locator("[data-seat]").first
        seat.click()
        expect(offered(desk, 60)).to_contain_text("5.00")
        desk.get_by_label("Command line: seat, minutes").fill(f"{seat.get_attribute('data-seat')} 45")
        sentence = desk.locator(".cmd").get_by_role("status")
        expect(sentence).to_contain_text("3.75")
        shows(dialog, "Per hour", "5.00")
        for page in (desk, office):
            page.evaluate("window.never = 'reloaded'")

        elsewhere.prices(name="Evening", rate=640, presets=OFFERS)

        for minutes, amount in ((30, "3.20"), (60, "6.40"), (120, "11.00")):
            expect(offered(desk, minutes)).to_contain_text(amount, timeout=PATIENCE)
        expect(sentence).to_contain_text("4.80", timeout=PATIENCE)
        expect(dialog.get_by_label("Name")).to_have_value("Evening", timeout=PATIENCE)
        for label, amount in (("Per hour", "6.40"), ("Price of offer 2", "6.40"), ("Price of offer 3", "11.00")):
            shows(dialog, label, amount)
        expect(dialog.get_by_role("alert")).to_have_count(0)
        for page in (desk, office):
            assert page.evaluate("window.never") == "reloaded"


def test_what_is_typed_stays_and_the_change_is_told(browser: Browser, owned: Running) -> None:
    elsewhere = Elsewhere(owned)
    with on_the_floor(browser, owned) as office:
        dialog = prices(office)
        opens_with(dialog, elsewhere)
        dialog.get_by_label("Name").fill("Night")
        elsewhere.prices(rate=720)
        alert = dialog.get_by_role("alert")
        expect(alert).to_contain_text(re.compile("Somebody else changed this meanwhile.*7.20"), timeout=PATIENCE)
        expect(dialog.get_by_label("Name")).to_have_value("Night")
        dialog.get_by_role("button", name="Save the price").click()
        expect(dialog).to_be_hidden()
        saved = elsewhere.rule()
        assert (saved["name"], saved["rate"]) == ("Night", 640)


def test_offers_at_the_price_of_an_hour_follow_it(browser: Browser, owned: Running) -> None:
    elsewhere = Elsewhere(owned)
    with on_the_floor(browser, owned) as desk, on_the_floor(browser, owned) as office:
        desk.locator("[data-seat]").first.click()
        dialog = prices(office)
        opens_with(dialog, elsewhere)
        dialog.get_by_label("Per hour").fill("8")
        for label, amount in (
            ("Price of offer 1", "4.00"),
            ("Price of offer 2", "8.00"),
            ("Price of offer 3", "11.00"),
        ):
            shows(dialog, label, amount)
        dialog.get_by_label("Price of offer 3").fill("")
        dialog.get_by_label("Per hour").focus()
        shows(dialog, "Price of offer 3", "16.00")
        dialog.get_by_label("Price of offer 1").fill("4.5")
        dialog.get_by_role("button", name="Save the price").click()
        expect(dialog).to_be_hidden()
        for minutes, amount in ((30, "4.50"), (60, "8.00"), (120, "16.00")):
            expect(offered(desk, minutes)).to_contain_text(amount, timeout=PATIENCE)


def test_house_rules_that_are_open_follow(browser: Browser, owned: Running) -> None:
    elsewhere = Elsewhere(owned)
    with on_the_floor(browser, owned) as office:
        dialog = prices(office)
        dialog.get_by_role("tab", name="House rules").click()
        grace = dialog.get_by_label(re.compile("^Grace after the end"))
        before = elsewhere.reads("/venue-policy")["grace_seconds"]
        for seconds, text in ((90, "1.5 min"), (before, re.compile(rf"^{before // 60}\b"))):
            elsewhere.changes("/venue-policy", grace_seconds=seconds)
            expect(grace).to_have_value(text, timeout=PATIENCE)
