"""One act for many devices, in a real browser: seen first, and at the pace that was chosen."""

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.running import Running

pytestmark = pytest.mark.browser

_NAMES = ("Anvil", "Bellows", "Crucible")


def registered(running: Running, mark: str) -> tuple[httpx.Client, list[str]]:
    """The owner's program, and the ids of three new devices in the order of their names."""
    program = httpx.Client(
        base_url=f"{running.url}/api/v1", headers={"authorization": f"Bearer {running.token()}"}, timeout=20
    )
    made = [program.post("/devices", json={"name": f"{mark} {name}"}) for name in _NAMES]
    assert all(answer.is_success for answer in made), made[0].text
    return program, [answer.json()["id"] for answer in made]


def test_many_are_asked_one_after_the_other(page: Page, owned: Running) -> None:
    mark = secrets.token_hex(3)
    program, ids = registered(owned, mark)
    sign_in(page)
    page.get_by_role("link", name="Devices").first.click()
    page.get_by_role("searchbox").fill(mark)
    expect(page).to_have_url(re.compile(mark))
    expect(page.get_by_role("row").filter(has_text=mark)).to_have_count(3)
    expect(page.get_by_role("row").filter(has_text="This computer")).to_have_count(0)
    page.get_by_role("checkbox", name="Select all rows").check()
    page.get_by_role("toolbar").get_by_role("button", name="Restart agent").click()

    dialog = page.get_by_role("dialog")
    act = dialog.get_by_role("button", name="Restart agent")
    expect(dialog).to_contain_text("All 3 are asked now.")
    dialog.get_by_text("One after the other", exact=True).click()
    every = dialog.get_by_label("Seconds between two")
    expect(dialog).to_contain_text("One every 30 s by name: the first now, the last of 3 after 1 min.")

    # What the API would refuse is said before it is asked.
    every.fill("43201")
    expect(dialog).to_contain_text("One action may last 24 h: with 3 devices, 1 to 43200 whole seconds between two.")
    expect(act).to_be_disabled()
    every.fill("")
    expect(act).to_be_disabled()
    every.fill("600")
    expect(dialog).to_contain_text("the last of 3 after 20 min.")
    act.click()
    expect(page.get_by_text(re.compile("3 commands are on their way. The last is due in 20 min."))).to_be_visible()
    expect(dialog).to_have_count(0)

    turns = [turn(program.get(f"/devices/{device}/commands").json()) for device in ids]
    program.close()
    assert turns[0] is None
    assert turns[1] is not None
    assert turns[2] is not None
    assert turns[2] - turns[1] == timedelta(minutes=10)


def turn(page: dict[str, Any]) -> datetime | None:
    """When the turn of a device's one command comes; None: at once."""
    [command] = page["items"]
    return datetime.fromisoformat(command["not_before"]) if command["not_before"] else None
