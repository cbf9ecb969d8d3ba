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
