"""The mail server that GAMEKEEPER_SMTP_URL names."""

from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import aiosmtplib

from gamekeeper.kernel.errors import GamekeeperError

_SECONDS = 30.0


class MailServerMisnamed(GamekeeperError):
    """GAMEKEEPER_SMTP_URL is not like smtps://user:password@host:465 or smtp://host:25."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes. A password is only ever sent over TLS, unless the server is this machine."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    tls: bool

    @classmethod
    def named(cls, url: str) -> "MailServer":
        """The server of a URL: `smtps` is TLS from the start, `smtp` is STARTTLS. Raises MailServerMisnamed."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise MailServerMisnamed from error
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise MailServerMisnamed
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=port or (465 if tls else 587 if parts.username else 25),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            tls=tls,
        )

    @property
    def address(self) -> str:
        """Host and port, which hold no secret."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    async def send(self, message: EmailMessage) -> None:
        """Hand a message over. Raises what aiosmtplib raises."""
        await aiosmtplib.send(
            message,
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            use_tls=self.tls,
            # None: when the server offers it. With a password it must.
            start_tls=None if self.tls or not self.username or self._is_here() else True,
            timeout=_SECONDS,
        )

    def _is_here(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def is_final(error: aiosmtplib.SMTPException) -> bool:
    """Whether the server refused for good, so that trying again would only repeat the refusal."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(refused.code >= 500 for refused in error.recipients)
    return isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 500


def reason(error: Exception, server: MailServer) -> str:
    """Why a mail did not go out, as a sentence for whoever looks after the mail server."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            said = "; ".join(_said(refused) for refused in error.recipients)
            text = f"The mail server does not take mail for this address: {said}"
        case aiosmtplib.SMTPSenderRefused():
            text = f"The mail server does not take mail from {error.sender}: {_said(error)}"
        case aiosmtplib.SMTPAuthenticationError():
            text = f"The mail server refused the user name or the password: {_said(error)}"
        case aiosmtplib.SMTPResponseException():
            text = f"The mail server refused the mail: {_said(error)}"
        case aiosmtplib.SMTPServerDisconnected():
            text = f"{server.address} ended the connection: {error}"
        case TimeoutError():
            text = f"{server.address} did not answer within {_SECONDS:.0f} seconds."
        case aiosmtplib.SMTPConnectError() | OSError():
            text = f"There is no connection to {server.address}: {error}"
        case _:
            text = f"The mail was not sent: {error}"
    return text[:1000]


def _said(error: aiosmtplib.SMTPResponseException) -> str:
    return f"{error.code} {' '.join(error.message.split())}"
