"""People whom a test needs, whichever test came first."""

import secrets

import httpx

from tests.running import Running
from tests.world import key


def invited(running: Running, name: str = "bea", role: str = "manager") -> tuple[str, str]:
    """(e-mail, link) of a new invitation by the owner."""
    email = f"{name}.{secrets.token_hex(4)}@example.org"
    sent = httpx.post(
        f"{running.url}/api/v1/invitations",
        json={"email": email, "roles": [role]},
        headers={"authorization": f"Bearer {running.token()}"} | key(),
        timeout=20,
    )
    assert sent.is_success, sent.text
    return email, str(sent.json()["link"])
