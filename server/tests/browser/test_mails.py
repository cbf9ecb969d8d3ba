"""Mails as an administrator sees them: why one did not go out, and that it does when it is sent again."""

import re
from collections.abc import Generator

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import sign_in, watched
from tests.browser.people import invited
from tests.kernel.notifications.mailbox import Mailbox
from tests.running import OWNER, Running, begin, data_folder, end, environment_for, free_ports

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def open_mails(page: Page) -> None:
    """Come to the page by its command, and mark it: a page that is loaded again loses the mark."""
    sign_in(page)
    page.get_by_role("link", name="Mails").first.wait_for()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("go to mails")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mails", level=1)).to_be_visible()
    page.evaluate("window.marked = true")


def row(page: Page, email: str) -> Locator:
    return page.get_by_role("row").filter(has_text=email)


def test_without_a_mail_server_an_invitations_mail_is_seen_with_its_reason(page: Page, owned: Running) -> None:
    open_mails(page)
    expect(page.get_by_role("status").filter(has_text="No mail server is set up")).to_contain_text(
        "GAMEKEEPER_SMTP_URL"
    )
    email, _ = invited(owned, "ivy")
    expect(row(page, email)).to_contain_text("No mail server")
    expect(row(page, email)).to_contain_text("Set GAMEKEEPER_SMTP_URL")

    # By keyboard: the newest is the first.
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    panel = page.locator("[data-panel]")
    expect(panel).to_contain_text(email)
    expect(panel).to_contain_text("It stays here until a mail server is set up.")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)

    # Filters stand in the URL.
    page.get_by_role("button", name=re.compile("^Sent")).click()
    expect(page.get_by_role("heading", name="No mail fits these filters")).to_be_visible()
    expect(page).to_have_url(re.compile("status="))
    page.get_by_role("button", name="Clear the filters").click()
    page.keyboard.press("s")
    page.keyboard.type(email[:8])
    expect(row(page, email)).to_be_visible()
    assert page.evaluate("window.marked") is True

    # From the invitation to its mail.
    page.goto("/people?tab=invitations")
    page.get_by_role("listitem").filter(has_text=email).get_by_role("link", name="Mail not sent").click()
    expect(panel).to_contain_text(email)


@pytest.fixture
def mailbox() -> Generator[tuple[Mailbox, int]]:
    """A real SMTP server on this machine, and its port."""
    box, [port] = Mailbox(), free_ports(1)
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, port
    server.stop()


@pytest.fixture
def mailing(tmp_path_factory: pytest.TempPathFactory, mailbox: tuple[Mailbox, int]) -> Generator[Running]:
    """A Gamekeeper of its own that sends its mail there."""
    with data_folder() as data:
        environment = environment_for(data) | {
            "GAMEKEEPER_SMTP_URL": f"smtp://127.0.0.1:{mailbox[1]}",
            "GAMEKEEPER_ADMIN_EMAIL": OWNER["email"],
            "GAMEKEEPER_ADMIN_PASSWORD": OWNER["password"],
        }
        started = begin(environment, tmp_path_factory.mktemp("up") / "up.log")
        started.until(lambda: "Ctrl-C" in started.said())
        yield started
        end(started)


def test_what_failed_is_sent_again_and_arrives(
    browser: Browser, mailing: Running, mailbox: tuple[Mailbox, int]
) -> None:
    box, port = mailbox
    box.answer = "554 this house takes no mail today"
    with watched(browser, mailing) as page:
        open_mails(page)
        expect(page.locator(".mailserver")).to_contain_text(f"127.0.0.1:{port}")
        expect(page.get_by_role("heading", name="No mails yet")).to_be_visible()
        email, link = invited(mailing, "max")
        expect(row(page, email)).to_contain_text("Failed")
        expect(row(page, email)).to_contain_text("554 this house takes no mail today")

        box.answer = "250 OK"
        row(page, email).click()
        panel = page.locator("[data-panel]")
        expect(panel).to_contain_text("It is not tried again by itself.")
        panel.get_by_role("button", name="Send again").click()
        expect(row(page, email)).to_contain_text("Sent")
        expect(panel).to_contain_text("The mail server took it.")
        expect(panel.get_by_role("button", name="Send again")).to_have_count(0)
        [arrived] = box.to(email)
        body = arrived.get_body()
        assert body is not None
        assert link in body.get_content()

        # Several at once.
        box.answer = "554 nor these"
        others = [invited(mailing, name)[0] for name in ("nia", "oto")]
        for other in others:
            expect(row(page, other)).to_contain_text("Failed")
        box.answer = "250 OK"
        for other in others:
            page.get_by_role("checkbox", name=f"Select {other}").check()
        page.get_by_role("button", name="Send 2 again").click()
        for other in others:
            expect(row(page, other)).to_contain_text("Sent")
            assert len(box.to(other)) == 1
        assert page.evaluate("window.marked") is True
