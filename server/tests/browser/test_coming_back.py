"""What changes while a page is not looked at is there when somebody comes back to it, without a reload."""

import re
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import sign_in
from tests.running import Running

pytestmark = pytest.mark.browser


@pytest.fixture
def api(owned: Running) -> httpx.Client:
    headers = {"Authorization": f"Bearer {owned.token()}"}
    return httpx.Client(base_url=f"{owned.url}/api/v1", headers=headers, timeout=20)


def test_a_list_that_was_left_and_is_looked_at_again(page: Page, api: httpx.Client) -> None:
    name, renamed = f"Seat {uuid4().hex[:6]}", f"Place {uuid4().hex[:6]}"
    device = api.post("/devices", json={"name": name}).json()
    sign_in(page)
    page.get_by_role("link", name="Devices").first.click()
    expect(page.get_by_role("row", name=re.compile(name))).to_be_visible()
    page.get_by_role("link", name="Audit").first.click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    assert api.put(f"/devices/{device['id']}", json={"name": renamed}).is_success
    expect(page.get_by_role("cell", name=renamed).first).to_be_visible()
    page.get_by_role("link", name="Devices").first.click()
    expect(page.get_by_role("row", name=re.compile(renamed))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(name))).to_have_count(0)


def test_a_change_between_the_list_and_the_subscription(page: Page, api: httpx.Client) -> None:
    name, renamed = f"Seat {uuid4().hex[:6]}", f"Place {uuid4().hex[:6]}"
    device = api.post("/devices", json={"name": name}).json()
    sign_in(page)
    expect(page.get_by_role("link", name="Devices").first).to_be_visible()
    held: list[tuple[WebSocketRoute, str | bytes]] = []
    slow = True

    def meet(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda text: held.append((server, text)) if slow else server.send(text))
        server.on_message(socket.send)

    page.route_web_socket(re.compile("/ws$"), meet)
    page.goto(str(api.base_url.copy_with(path="/devices")))
    expect(page.get_by_role("row", name=re.compile(name))).to_be_visible()
    assert api.put(f"/devices/{device['id']}", json={"name": renamed}).is_success
    slow = False
    for server, text in held:
        server.send(text)
    expect(page.get_by_role("row", name=re.compile(renamed))).to_be_visible()
