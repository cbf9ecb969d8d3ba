"""Prices as people change them: the new one is sold, billed and booked, and who comes second is told."""

import re

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import sign_in, watched
from tests.browser.floor import PATIENCE, on_the_floor, prices
from tests.running import Running

pytestmark = pytest.mark.browser


def save(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Save the price").click()


def test_a_new_price_is_sold_billed_and_booked(browser: Browser, owned: Running) -> None:
    with on_the_floor(browser, owned) as desk, watched(browser, owned) as office:
        sign_in(office)
        office.get_by_role("link", name="Books").first.click()
        expect(office.get_by_role("heading", name="Books")).to_be_visible()

        dialog = prices(desk)
        dialog.get_by_label("Per hour").fill("7.5")
        dialog.get_by_label("Price of offer 2").fill("6.75")
        dialog.get_by_role("button", name="Remove offer 3").click()
        dialog.get_by_role("button", name="Add an offer").click()
        dialog.get_by_label("Minutes of offer 3").fill("90")
        dialog.get_by_label("Price of offer 3").fill("9.5")
        save(dialog)
        expect(dialog).to_be_hidden()

        desk.locator("[data-seat]").first.click()
        panel = desk.locator(".panel")
        hour = panel.get_by_role("button", name=re.compile("^60 min"))
        expect(hour).to_contain_text("6.75")
        expect(panel.get_by_role("button", name=re.compile("^90 min"))).to_contain_text("9.50")
        expect(panel.get_by_role("button", name=re.compile("^120 min"))).to_have_count(0)
        hour.click()
        bill = panel.locator("section", has_text="Bill so far")
        expect(bill.locator(".total")).to_contain_text("6.75", timeout=PATIENCE)
        past = panel.locator("section", has_text="On this seat")
        expect(past).to_contain_text(re.compile(r"Money received\s*\S*6\.75"), timeout=PATIENCE)

        # The other desk never reloads.
        sale = office.get_by_role("row", name=re.compile(r"Sale.*60 min.*6\.75"))
        expect(sale.first).to_be_visible(timeout=PATIENCE)
        expect(office.get_by_role("group", name="Balances")).to_contain_text("Cash in the drawer")
        sale.first.click()
        expect(office.locator(".panel")).to_contain_text("Earned with time")
        expect(office.locator(".panel")).to_contain_text("revenue:time")
        office.keyboard.press("Escape")

        desk.keyboard.press("e")
        desk.get_by_role("button", name="End now").click()
        expect(desk.locator("[data-seat]").first).to_have_attribute("data-state", "free", timeout=PATIENCE)
        for fact in ("Session ended", "Session started", re.compile(r"Money received\s*\S*6\.75")):
            expect(past).to_contain_text(fact, timeout=PATIENCE)
        # Nothing moves under the hand: the pointer still rests on the list, so the entry is only counted.
        office.get_by_role("button", name="1 new entry").click(timeout=PATIENCE)
        expect(office.get_by_role("row", name=re.compile("Paid back")).first).to_be_visible(timeout=PATIENCE)


def test_who_saves_second_is_told_and_keeps_what_was_typed(browser: Browser, owned: Running) -> None:
    with on_the_floor(browser, owned) as one, on_the_floor(browser, owned) as two:
        first, second = prices(one), prices(two)
        second.get_by_label("Name").fill("Evening")
        second.get_by_label("Per hour").fill("9")
        first.get_by_label("Per hour").fill("8.25")
        save(first)
        expect(first).to_be_hidden()
        expect(second.get_by_role("alert")).to_contain_text(re.compile("Somebody else changed this meanwhile.*8.25"))
        expect(second.get_by_label("Name")).to_have_value("Evening")
        save(second)
        expect(second).to_be_hidden()
        expect(prices(one).get_by_label("Name")).to_have_value("Evening")


def test_house_rules_are_kept(browser: Browser, owned: Running) -> None:
    with on_the_floor(browser, owned) as page:
        dialog = prices(page)
        dialog.get_by_role("tab", name="House rules").click()
        warnings = dialog.get_by_label(re.compile("^Warnings"))
        warnings.fill("five")
        expect(dialog.get_by_role("button", name="Save the house rules")).to_be_disabled()
        warnings.fill("1, 10")
        dialog.get_by_role("button", name="Save the house rules").click()
        expect(dialog).to_be_hidden()
        page.reload()
        expect(page.locator("[data-seat]").first).to_be_visible()
        dialog = prices(page)
        dialog.get_by_role("tab", name="House rules").click()
        expect(warnings).to_have_value("10, 1")


def test_a_seat_is_renamed_and_stands_in_another_zone(browser: Browser, owned: Running) -> None:
    with on_the_floor(browser, owned) as page, on_the_floor(browser, owned) as other:
        page.locator("[data-seat]").first.click()
        before = page.locator("[data-seat]").first.get_attribute("data-seat") or ""
        for label, zone in (("VIP1", "Back room"), (before, "Main hall")):
            page.keyboard.press("a")
            dialog = page.get_by_role("dialog", name=re.compile("^Arrange seat"))
            dialog.get_by_label("Label").fill(label)
            dialog.get_by_label("Zone").fill(zone)
            dialog.get_by_role("button", name="Save").click()
            expect(dialog).to_be_hidden()
            expect(other.locator("[data-seat]").first).to_have_attribute("data-seat", label, timeout=PATIENCE)
            expect(other.locator(".zones")).to_contain_text(zone)
