"""A mail as it goes out. Nothing that a person typed becomes more than one harmless line of a header."""

from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from uuid import UUID

from gamekeeper.kernel.errors import Invalid

_MOST_SUBJECT = 200
_MOST_ADDRESS = 254


class RecipientInvalid(Invalid):
    """This is not an e-mail address."""


def recipient_of(text: str) -> str:
    """The one address that a text is. Raises RecipientInvalid for several, for a name beside it, for line breaks."""
    try:
        address = Address(addr_spec=text)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise RecipientInvalid from error
    if len(text) > _MOST_ADDRESS or address.addr_spec != text or not address.domain or not text.isprintable():
        raise RecipientInvalid
    return text


def one_line(text: str) -> str:
    """A subject: one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_MOST_SUBJECT]


def composed(
    mail_id: UUID, sender: str, recipient: str, subject: str, bodies: tuple[str, str | None], now: datetime
) -> EmailMessage:
    """The message. Its id is the mail's, so that a second copy of it can be told to be one."""
    text, html = bodies
    message = EmailMessage()
    message["From"] = sender
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = one_line(subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail_id}@{domain_of(sender)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def domain_of(sender: str) -> str:
    """The domain of the sender's address."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"
