"""A phone's width: nothing is squeezed away, and what does not fit can be seen to go on."""

import secrets
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import watched
from tests.browser.test_first_hour import sign_in
from tests.browser.test_one_site import as_owner
from tests.running import Running

pytestmark = pytest.mark.browser

SIDEWAYS = "element => element.scrollWidth - element.clientWidth"
TALL = "element => element.scrollHeight - element.clientHeight"


def box(part: Locator) -> dict[str, float]:
    found: Any = part.bounding_box()
    assert found is not None
    return dict(found)


def is_inside(page: Page, part: Locator) -> bool:
    place = box(part)
    width: int = page.evaluate("innerWidth")
    return place["x"] >= 0 and place["x"] + place["width"] <= width


def test_the_header_keeps_the_site_readable(browser: Browser, owned: Running) -> None:
    do = as_owner(owned)
    do("POST", "sites", name=f"Arcade by the Old Harbor {secrets.token_hex(3)}", time_zone="UTC")
    do("POST", "sites", name=f"Quarry {secrets.token_hex(3)}", time_zone="UTC")
    with watched(browser, owned, width=390) as page:
        sign_in(page)
        page.get_by_role("link", name="Devices").locator("visible=true").first.wait_for()
        for path in ("/security", "/devices", "/floor"):
            page.goto(path)
            title = page.locator("h1")
            expect(title).to_be_visible()
            site = page.get_by_role("button", name="Choose a site")
            expect(site).to_be_visible()
            parts = [title, page.locator(".top .phone.iconbutton"), site, page.locator(".account")]
            assert all(is_inside(page, part) for part in parts), path
            places = [box(part) for part in parts]
            for left, right in pairwise(places):
                assert left["x"] + left["width"] <= right["x"] + 0.5, f"two overlap on {path}: {places}"
            assert title.evaluate(SIDEWAYS) <= 0 or box(title)["width"] >= 90, path
            assert box(site)["width"] >= 56, path
            assert page.locator(".top").evaluate(SIDEWAYS) <= 0, path
        site.click()
        page.get_by_role("menuitem", name="Arcade by the Old Harbor").click()
        expect(site).to_contain_text("Arcade by the Old")
        assert 100 <= box(site)["width"] <= 116
        assert is_inside(page, page.locator(".account"))


def test_chips_go_onto_lines_and_no_bar_goes_sideways(browser: Browser, owned: Running) -> None:
    with watched(browser, owned, width=390) as page:
        sign_in(page)
        page.get_by_role("link", name="Devices").locator("visible=true").first.wait_for()
        for path in ("/devices", "/jobs", "/mails", "/audit", "/people", "/floor"):
            page.goto(path)
            page.locator("h1").wait_for()
            page.wait_for_load_state("networkidle")
            overflow: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, path
            for bar in page.locator(".bar").all():
                assert bar.evaluate(SIDEWAYS) <= 0, path
                for part in bar.locator(":scope > *:visible").all():
                    assert is_inside(page, part), (path, part.evaluate("element => element.outerHTML.slice(0, 200)"))
            for chip in page.locator(".chip:visible").all():
                assert is_inside(page, chip), path


def test_more_than_two_lines_of_chips_fade_and_scroll(browser: Browser, owned: Running) -> None:
    with watched(browser, owned, width=390) as page:
        sign_in(page)
        page.get_by_role("link", name="Devices").locator("visible=true").first.wait_for()
        # A filter that is on stands there though nothing is in it.
        states = '["online","degraded","offline","maintenance","never_seen","revoked"]'
        page.goto(f"/devices?state={states}")
        chips = page.get_by_role("group", name="State")
        expect(chips.get_by_role("button")).to_have_count(6)
        assert chips.evaluate(TALL) > 4
        assert box(chips)["height"] <= 130
        expect(chips).to_have_attribute("data-more", "true")
        chips.evaluate("element => element.scrollTo(0, element.scrollHeight)")
        expect(chips).not_to_have_attribute("data-more", "true")
        page.set_viewport_size({"width": 1280, "height": 800})
        assert chips.evaluate(TALL) <= 0
