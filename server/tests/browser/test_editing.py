"""Two people who edit one role: who saves second is told, and nothing typed is lost."""

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import sign_in, watched
from tests.browser.floor import PATIENCE
from tests.browser.test_one_site import Do, as_owner
from tests.running import Running

pytestmark = pytest.mark.browser

TOLD = "Somebody else changed this role meanwhile: Day {}; it has, and yours has not: .*see the sites"


def role_made(do: Do) -> tuple[str, dict[str, Any]]:
    """A word that only this test uses, and a new role named by it."""
    word = secrets.token_hex(4)
    return word, do("POST", "roles", name=f"Watch {word}", permissions=["kernel.audit.read"])


def open_role(page: Page, name: str) -> None:
    sign_in(page)
    page.get_by_role("link", name="Fleet").first.wait_for()
    page.goto("/people?tab=roles")
    page.get_by_role("button", name=name).click()
    expect(page.get_by_label("Name of the role")).to_have_value(name)


def changed_elsewhere(do: Do, role: dict[str, Any], word: str) -> None:
    do("PUT", f"roles/{role['key']}", name=f"Day {word}", permissions=["kernel.audit.read", "kernel.site.read"])


def stored(do: Do, role: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in do("GET", "roles")["items"] if one["key"] == role["key"])


def keep(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def test_a_page_that_hears_nothing_is_told_when_it_saves(browser: Browser, owned: Running) -> None:
    do = as_owner(owned)
    word, role = role_made(do)
    with watched(browser, owned) as page:
        page.route_web_socket(re.compile("/ws$"), lambda _: None)
        open_role(page, f"Watch {word}")
        page.get_by_label("Name of the role").fill(f"Night {word}")
        changed_elsewhere(do, role, word)
        keep(page)
        expect(page.get_by_role("alert").filter(has_text=re.compile(TOLD.format(word)))).to_be_visible()
        expect(page.get_by_label("Name of the role")).to_have_value(f"Night {word}")
        assert stored(do, role)["name"] == f"Day {word}", "theirs is still there"
        keep(page)
        expect(page.get_by_text("Saved.")).to_be_visible()
        assert (stored(do, role)["name"], stored(do, role)["permissions"]) == (f"Night {word}", ["kernel.audit.read"])


def test_a_page_that_is_live_is_told_at_once(browser: Browser, owned: Running) -> None:
    do = as_owner(owned)
    word, role = role_made(do)
    with watched(browser, owned) as page:
        open_role(page, f"Watch {word}")
        page.get_by_label("Name of the role").fill(f"Night {word}")
        changed_elsewhere(do, role, word)
        told = page.get_by_role("alert").filter(has_text=re.compile(TOLD.format(word)))
        expect(told).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_label("Name of the role")).to_have_value(f"Night {word}")
        keep(page)
        expect(page.get_by_role("button", name=f"Night {word}")).to_be_visible()
        expect(told).to_be_hidden()
        assert stored(do, role)["version"] == role["version"] + 2
