"""The floor with its one seat, whichever test comes first: they run in any order on one Gamekeeper."""

from collections.abc import Generator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import sign_in, watched
from tests.running import Running

PATIENCE = 40_000


def seated(page: Page) -> Locator:
    """The seat of this computer; made by the button if nobody made it yet. Shown as free once it reported its lock."""
    seat = page.locator("[data-seat]").first
    add = page.locator("main").get_by_role("button", name="Add seats").first
    # The floor is there when it shows a seat or says that there is none.
    expect(seat.or_(page.get_by_role("heading", name="No seats yet")).first).to_be_visible()
    if seat.count() == 0:
        add.click()
        machine = page.get_by_role("checkbox", name="This computer")
        expect(machine).to_be_visible()
        machine.check()
        page.get_by_role("button", name="Add one seat").click()
    expect(seat).to_have_attribute("data-state", "free", timeout=PATIENCE)
    return seat


def priced(place: Locator, there: Locator) -> None:
    """The first price where `place` asks for it; then, as where there was one, `there` is to be seen."""
    first = place.get_by_role("button", name="Set the first price")
    expect(first.or_(there).first).to_be_visible()
    if first.is_visible():
        first.click()
    expect(there).to_be_visible()


@contextmanager
def on_the_floor(browser: Browser, running: Running) -> Generator[Page]:
    """The owner at the floor, where this computer is a seat."""
    with watched(browser, running) as page:
        sign_in(page)
        page.get_by_role("link", name="Floor").first.click()
        seated(page)
        yield page


def prices(page: Page) -> Locator:
    """The dialog of prices, with a price to change."""
    page.keyboard.press("p")
    dialog = page.get_by_role("dialog", name="Prices and house rules")
    priced(dialog, dialog.get_by_label("Name"))
    return dialog
