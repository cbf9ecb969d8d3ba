"""Two people who edit one thing: who saves second is told, and nothing typed is lost."""

import re
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

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
    page.get_by_role("link", name="Devices").first.wait_for()
    page.goto("/people?tab=roles")
    page.get_by_role("button", name=name).click()
    expect(page.get_by_label("Name of the role")).to_have_value(name)


def changed_elsewhere(do: Do, role: dict[str, Any], word: str) -> None:
    do("PUT", f"roles/{role['key']}", name=f"Day {word}", permissions=["kernel.audit.read", "kernel.site.read"])


def stored(do: Do, role: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in do("GET", "roles")["items"] if one["key"] == role["key"])


def keep(form: Page | Locator) -> None:
    form.get_by_role("button", name="Save", exact=True).click()


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


@contextmanager
def place(do: Do, path: str, **made_with: str) -> Generator[dict[str, Any]]:
    """A site or a team, gone afterwards: with two sites other pages look different."""
    made = do("POST", path, **made_with)
    try:
        yield made
    finally:
        do("DELETE", f"{path}/{made['id']}")


def open_place(page: Page, name: str) -> Locator:
    sign_in(page)
    page.get_by_role("link", name="Devices").first.wait_for()
    page.goto("/organization")
    page.get_by_role("button", name=f"Edit {name}").click()
    return page.get_by_role("dialog", name=name)


def test_a_site_is_edited_by_one_at_a_time(browser: Browser, owned: Running) -> None:
    do = as_owner(owned)
    word = secrets.token_hex(4)
    with place(do, "sites", name=f"Cellar {word}", time_zone="UTC") as site, watched(browser, owned) as page:
        page.route_web_socket(re.compile("/ws$"), lambda _: None)
        dialog = open_place(page, f"Cellar {word}")
        dialog.get_by_label("Name").fill(f"Vault {word}")
        do("PUT", f"sites/{site['id']}", name=f"Cellar {word}", time_zone="Asia/Tokyo")
        keep(dialog)
        told = f"Somebody else changed this site meanwhile: Cellar {word}, Asia/Tokyo"
        expect(dialog.get_by_role("alert")).to_contain_text(told)
        expect(dialog.get_by_label("Name")).to_have_value(f"Vault {word}")
        keep(dialog)
        expect(dialog).to_be_hidden()
        expect(page.get_by_role("button", name=f"Edit Vault {word}")).to_be_visible()


def test_people_are_put_into_a_team(browser: Browser, owned: Running) -> None:
    do = as_owner(owned)
    word = secrets.token_hex(4)
    with place(do, "teams", name=f"Crew {word}") as team, watched(browser, owned) as page:
        dialog = open_place(page, f"Crew {word}")
        dialog.get_by_role("combobox", name="People in it").click()
        page.get_by_role("option", name="Olga").click()
        page.keyboard.press("Tab")
        keep(dialog)
        expect(dialog).to_be_hidden()
        expect(page.get_by_role("listitem").filter(has_text=f"Crew {word}")).to_contain_text("1 person")
        after = next(one for one in do("GET", "teams")["items"] if one["id"] == team["id"])
        assert (len(after["user_ids"]), after["version"]) == (1, team["version"] + 1)
