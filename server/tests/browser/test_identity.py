"""Getting in, in a real browser: invited, with a code, with a forgotten password, and in several tabs at once."""

import re
import subprocess
import sys

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, Page, expect
from pyotp.totp import TOTP

from tests.browser.conftest import sign_in, watched
from tests.browser.people import invited
from tests.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PASSWORD = "plum harbor tin lark"


def join(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Your name").fill("Bea")
    page.get_by_label("password").first.fill(PASSWORD)
    page.get_by_role("button", name=re.compile("Join")).click()
    expect(page.get_by_role("link", name="Devices").first).to_be_visible()
    arrived(page)


def arrived(page: Page) -> None:
    """The page itself stands, not only what is around it: nothing goes anywhere by itself any more."""
    expect(page.locator("h1")).to_be_visible()


def enter(page: Page, email: str, password: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").first.fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_an_invited_person_joins_and_the_link_is_used_up(browser: Browser, owned: Running) -> None:
    _, link = invited(owned)
    with watched(browser, owned) as page:
        join(page, link)
        page.reload()
        arrived(page)
    with watched(browser, owned) as page:
        page.goto(link)
        expect(page.get_by_text(re.compile("This invitation was accepted"))).to_be_visible()


def test_a_second_step_asks_for_the_code(browser: Browser, owned: Running) -> None:
    email, link = invited(owned)
    with watched(browser, owned) as page:
        join(page, link)
    with httpx.Client(base_url=owned.url, timeout=20) as program:
        login = {"email": email, "password": PASSWORD}
        program.headers["authorization"] = (
            f"Bearer {program.post('/api/v1/auth/login', json=login).json()['access_token']}"
        )
        begun = program.post("/api/v1/auth/mfa/setup", json={"password": PASSWORD}).json()
        phone = TOTP(begun["secret"])
        codes = program.post("/api/v1/auth/mfa/verify", json={"code": phone.now()}).json()["recovery_codes"]
    with watched(browser, owned) as page:
        enter(page, email, PASSWORD)
        field = page.get_by_label(re.compile("^Code"))
        field.fill("000000")
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_text(re.compile("This code is wrong"))).to_be_visible()
        field.fill(codes[0])
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("link", name="Devices").first).to_be_visible()


def test_a_forgotten_password_by_the_link_of_the_command_line(browser: Browser, owned: Running) -> None:
    email, link = invited(owned)
    with watched(browser, owned) as page:
        join(page, link)
    done = subprocess.run(
        [sys.executable, "-m", "gamekeeper", "password", email],
        env=psutil.Process(owned.process.pid).environ(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    with watched(browser, owned) as page:
        page.goto("/sign-in")
        page.get_by_role("link", name="Forgot your password?").click()
        expect(page.get_by_text("This installation sends no mail.")).to_contain_text("gamekeeper password")
        expect(page.get_by_role("button", name="Send the link")).to_have_count(0)
        page.goto(done.stdout.split()[-1])
        page.get_by_label("New password").fill("brass kite over moss")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The new password holds from now on.")).to_be_visible()
        enter(page, email, "brass kite over moss")
        expect(page.get_by_role("link", name="Devices").first).to_be_visible()


def test_several_tabs_that_load_at_once_all_stay_signed_in(page: Page) -> None:
    sign_in(page)
    expect(page.get_by_role("link", name="Devices").first).to_be_visible()
    tabs = [page.context.new_page() for _ in range(5)]
    for _ in range(2):
        for tab in tabs:
            tab.goto("/security", wait_until="commit")
        for tab in tabs:
            expect(tab.get_by_role("link", name="Devices").first).to_be_visible()


def test_everywhere_else_is_signed_out_and_here_is_not(browser: Browser, owned: Running) -> None:
    email, link = invited(owned)
    with watched(browser, owned) as page:
        join(page, link)
        arrived(page)
        page.goto("/security")
        expect(page.get_by_role("button", name="Sign out everywhere else")).to_be_disabled()
        with httpx.Client(base_url=owned.url) as elsewhere:
            login = {"email": email, "password": PASSWORD}
            token = elsewhere.post("/api/v1/auth/login", json=login).json()["access_token"]
            elsewhere.headers["authorization"] = f"Bearer {token}"
            assert elsewhere.get("/api/v1/me").is_success
            page.get_by_role("button", name="Sign out everywhere else").click()
            expect(page.get_by_text("Every other sign-in has ended.").first).to_be_visible()
            assert elsewhere.get("/api/v1/me").json()["code"] == "signed_out"
        page.reload()
        expect(page.get_by_role("heading", name="Security")).to_be_visible()
