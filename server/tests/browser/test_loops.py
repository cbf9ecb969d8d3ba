"""The two loops as people see them: a machine is watched and obeys; a seat is sold and locks again."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import sign_in, watched
from tests.browser.floor import priced, seated
from tests.running import Running

pytestmark = pytest.mark.browser

_PATIENCE = 40_000


def open_device(page: Page) -> None:
    sign_in(page)
    page.get_by_role("link", name="Devices").first.click()
    page.get_by_role("row", name=re.compile("This computer")).click()
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name="This computer", level=1)).to_be_visible()


def first_command(page: Page) -> Locator:
    return page.locator(".commands > li").first


def test_a_machine_is_watched_and_obeys_without_a_reload(page: Page) -> None:
    open_device(page)
    main = page.locator("main")
    readings = page.locator(".readings")
    expect(readings).to_contain_text(re.compile(r"CPU\s*\d+ %"), timeout=_PATIENCE)
    expect(page.get_by_role("img", name="Memory")).to_be_visible()
    # A machine without a sensor says so instead of showing a made-up number.
    expect(main).to_contain_text(re.compile("°C|no sensor that tells its temperature"))

    main.get_by_role("button", name="Fetch log").click()
    expect(first_command(page)).to_contain_text("Fetch log")
    expect(first_command(page)).to_contain_text("Done", timeout=_PATIENCE)
    expect(first_command(page).locator("pre")).to_contain_text("gamekeeper")
    with page.expect_download() as kept:
        first_command(page).get_by_role("link", name="Download").click()
    assert "gamekeeper" in kept.value.path().read_text()

    main.get_by_role("button", name="Screenshot").click()
    expect(first_command(page)).to_contain_text("Screenshot")
    expect(first_command(page)).to_contain_text("Done", timeout=_PATIENCE)
    picture = first_command(page).get_by_role("img", name="Screenshot")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 1024, "the whole screen"

    # What the machine does not allow is said before it is asked.
    reboot = main.get_by_role("button", name="Reboot")
    expect(reboot).to_have_attribute("aria-disabled", "true")
    expect(reboot).to_have_attribute("aria-description", re.compile("does not allow"))

    main.get_by_role("button", name="Restart agent").click()
    expect(first_command(page)).to_contain_text("Restart agent")
    expect(first_command(page)).to_contain_text("Done", timeout=_PATIENCE)
    expect(page.locator(".device-side").get_by_text("Online", exact=True)).to_be_visible(timeout=_PATIENCE)


def test_a_seat_is_sold_in_two_interactions_and_another_desk_sees_it(browser: Browser, owned: Running) -> None:
    with watched(browser, owned) as desk, watched(browser, owned) as other:
        for page in (desk, other):
            sign_in(page)
            page.get_by_role("link", name="Floor").first.click()
        seated(desk)
        here, there = (page.locator("[data-seat]").first for page in (desk, other))
        # Free only when its own machine has reported the lock.
        for seat in (here, there):
            expect(seat).to_have_attribute("data-state", "free", timeout=_PATIENCE)

        here.click()
        hour = desk.locator(".panel").get_by_role("button", name=re.compile("^60 min"))
        priced(desk.locator(".panel"), hour)
        hour.click()  # with the seat, the second interaction
        for seat in (here, there):
            expect(seat).to_have_attribute("data-state", "busy", timeout=_PATIENCE)
        expect(desk.locator(".panel")).to_contain_text(re.compile("reports unlocked"), timeout=_PATIENCE)

        desk.locator(".panel").get_by_role("button", name=re.compile("^\\+30 min")).click()
        expect(there).to_contain_text(re.compile("1h(29|30)"), timeout=_PATIENCE)
        desk.keyboard.press("z")
        expect(there).to_contain_text(re.compile("1h00|59m|60m"), timeout=_PATIENCE)

        desk.keyboard.press("e")
        # What goes back is said before it goes: nearly all of it, a few seconds after the sale.
        expect(desk.get_by_role("dialog")).to_contain_text(re.compile(r"€[1-9]\d*\.\d\d for the unused time"))
        desk.get_by_role("button", name="End now").click()
        for seat in (here, there):
            expect(seat).to_have_attribute("data-state", "free", timeout=_PATIENCE)

        line = desk.get_by_label("Command line: seat, minutes")
        line.fill(f"{here.get_attribute('data-seat')} 60")
        expect(desk.locator(".cmd-answer")).to_contain_text("start 60 min, take")
        line.press("Enter")
        expect(there).to_have_attribute("data-state", "busy", timeout=_PATIENCE)
        line.fill(f"{here.get_attribute('data-seat')} end")
        line.press("Enter")
        expect(there).to_have_attribute("data-state", "free", timeout=_PATIENCE)

        desk.get_by_role("link", name="Audit").first.click()
        expect(desk.get_by_role("table")).to_contain_text("Session ended", timeout=_PATIENCE)
        expect(desk.get_by_role("table")).to_contain_text("Money received")
