"""The page can be installed as an application, as the browser itself judges."""

from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_browser_would_install_it(page: Page) -> None:
    page.goto("/")
    page.get_by_label("E-mail").wait_for()
    asked: Any = page.context.new_cdp_session(page)
    manifest: dict[str, Any] = asked.send("Page.getAppManifest")
    assert manifest["url"].endswith("/gamekeeper.webmanifest")
    assert manifest["errors"] == []
    # A context of a test is a private window, the one place where nothing is installed.
    judged: dict[str, Any] = asked.send("Page.getInstallabilityErrors")
    assert {error["errorId"] for error in judged["installabilityErrors"]} <= {"in-incognito"}
    for icon in ("/icon-192.png", "/icon-512.png", "/icon-maskable-512.png", "/apple-touch-icon.png"):
        answer = page.request.get(icon)
        assert answer.status == 200, icon
        assert answer.headers["content-type"] == "image/png", icon
