"""What axe finds on every page, light and dark: nothing that keeps anybody out. And what no machine finds: the keys."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import sign_in
from tests.browser.floor import seated
from tests.browser.people import invited
from tests.running import Running

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[3] / "web/node_modules/axe-core/axe.min.js"
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
STRANGERS = ("/sign-in", "/forgotten", "/setup", "/invitation", "/password")
PAGES = ("/floor", "/books", "/devices", "/people", "/audit", "/jobs", "/mails", "/organization", "/security")


def findings(page: Page) -> list[str]:
    """What axe has against the page as it is now, a line each."""
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate("options => axe.run(document, options)", WCAG)["violations"]
    return [f"{one['id']} ({one['impact']}): {node['html'][:160]}" for one in found for node in one["nodes"][:3]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_out(browser: Browser, owned: Running, scheme: Any) -> None:
    # The page's own rules would refuse the examiner's script; everything else here is as it is served.
    context = browser.new_context(base_url=owned.url, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    found: dict[str, list[str]] = {}
    for path in STRANGERS:
        page.goto(path)
        page.get_by_role("heading").first.wait_for()
        found[path] = findings(page)
    sign_in(page)
    page.get_by_role("link", name="Devices").first.wait_for()
    page.goto("/floor")
    seated(page)  # pages with something on them, whichever test came first
    email, _ = invited(owned)
    for path in PAGES:
        page.goto(path)
        page.locator("h1").wait_for()
        page.wait_for_load_state("networkidle")
        found[path] = findings(page)
    page.goto("/floor")
    page.locator("[data-seat]").first.click()
    page.locator("[data-panel]").wait_for()
    found["a seat beside the floor"] = findings(page)
    page.goto("/mails")
    page.get_by_role("row").filter(has_text=email).click()
    page.locator("[data-panel]").wait_for()
    found["a mail beside the list"] = findings(page)
    page.goto("/devices")
    page.get_by_role("row", name="This computer").click()
    page.locator("[data-panel]").wait_for()
    found["a device beside the list"] = findings(page)
    page.keyboard.press("o")
    expect(page.get_by_text("Network latency").first).to_be_visible()
    found["a device"] = findings(page)
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").wait_for()
    found["the palette"] = findings(page)
    context.close()
    assert {path: lines for path, lines in found.items() if lines} == {}
