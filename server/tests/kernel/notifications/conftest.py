"""A real SMTP server on loopback that the Gamekeeper of a test sends its mail to."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from aiosmtpd.smtp import SMTP
from pydantic import SecretStr

from gamekeeper.kernel.runtime import Runtime
from tests.kernel.notifications.mailbox import Mailbox


@pytest.fixture
async def mailbox(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Mailbox]:
    box = Mailbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr(runtime.settings, "smtp_url", SecretStr(f"smtp://127.0.0.1:{port}"))
    yield box
    server.close()
