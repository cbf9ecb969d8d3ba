"""What stands behind a real SMTP server in tests."""

from asyncio import Event
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Mailbox:
    """Takes every mail but those to `nobody@`."""

    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    """Of every organization: a test looks at those to an address of its own."""
    answer: str = "250 OK"
    gate: Event | None = None
    """Where there is one, a mail is answered once it is set."""
    asked: Event = field(default_factory=Event)
    """Set by a mail that waits at the gate."""

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["to"] == address]

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        if self.gate is not None:
            self.asked.set()
            await self.gate.wait()
        if self.answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.mails.append(BytesParser(policy=default).parsebytes(content))
        return self.answer
