"""One whole Gamekeeper and one real browser for all browser tests of a run."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.running import OWNER, Running, begin, data_folder, end, environment_for

BROWSERS = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")
# A machine that is busy with other checks is slow, not wrong.
TIMEOUT_MS = 30_000
expect.set_options(timeout=TIMEOUT_MS)
# Nothing but the page itself: no updates, no sync, no look-ups of anybody's hosts.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    """A Chrome or Chromium that is installed, else Playwright's own."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def display() -> Generator[str]:
    """A real X server without a screen, for the seat's overlay."""
    assert shutil.which("Xvfb"), "Xvfb is missing; .ci/prepare installs it"
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as answer:
        number = answer.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, display: str) -> Generator[Running]:
    """A Gamekeeper that nobody has set up yet, on a machine with a screen."""
    with data_folder() as data:
        environment = {**environment_for(data), "DISPLAY": display}
        started = begin(environment, tmp_path_factory.mktemp("up") / "up.log")
        started.until(lambda: "Ctrl-C" in started.said())
        yield started
        end(started)


@pytest.fixture(scope="session")
def owned(running: Running, browser: Browser) -> Running:
    """The same, set up by its owner through the link that it printed."""
    link = next(word for word in running.said().split() if "/setup#" in word)
    with watched(browser, running) as page:
        page.goto(link)
        page.get_by_label("Organization").fill("Arcade")
        page.get_by_label("Your name").fill("Olga")
        page.get_by_label("E-mail").fill(OWNER["email"])
        page.get_by_label("Password").first.fill(OWNER["password"])
        page.get_by_role("button", name="Begin").click()
        page.get_by_role("link", name="Devices").first.wait_for()
    return running


@pytest.fixture
def page(browser: Browser, owned: Running) -> Generator[Page]:
    """A fresh page of a visitor who has not signed in."""
    with watched(browser, owned) as opened:
        yield opened


@contextmanager
def watched(browser: Browser, running: Running, width: int = 1280) -> Generator[Page]:
    """A page that must not complain: no error in its console, no request to elsewhere."""
    context = browser.new_context(base_url=running.url, viewport={"width": width, "height": 800})
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # A refused request is the browser's own line for an answer that the page handles.
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def see(request: Request) -> None:
        if not request.url.startswith((running.url, "data:", "blob:")):
            complaints.append(request.url)

    page.on("console", hear)
    page.on("request", see)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert complaints == []


def sign_in(page: Page, password: str = OWNER["password"]) -> None:
    """As the owner, through the form."""
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(OWNER["email"])
    page.get_by_label("Password").first.fill(password)
    page.get_by_role("button", name="Sign in").click()
