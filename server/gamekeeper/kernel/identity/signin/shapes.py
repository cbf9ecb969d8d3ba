"""What the doors of signing in take and give."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from gamekeeper.kernel.http.texts import Line
from gamekeeper.kernel.identity.models import AddressInvalid, User, normalized
from gamekeeper.kernel.identity.sessions import access_tokens
from gamekeeper.kernel.identity.sessions.service import Refreshed
from gamekeeper.kernel.identity.strength import LONGEST


def _address(text: str) -> str:
    try:
        normalized(text)
    except AddressInvalid as error:
        raise ValueError("must be an e-mail address") from error
    if any(sign.isspace() or not sign.isprintable() for sign in text.strip()):
        raise ValueError("must be an e-mail address")
    return text.strip()


Email = Annotated[str, Field(min_length=3, max_length=254), AfterValidator(_address)]
Name = Annotated[Line, Field(max_length=100)]
Password = Annotated[SecretStr, Field(max_length=LONGEST)]
Code = Annotated[str, Field(max_length=40)]


class PersonOut(BaseModel):
    """A person's account."""

    id: UUID
    email: str
    name: str


class SignedIn(BaseModel):
    """An access token to be kept in memory, and whose it is. The refresh token is in a cookie."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    user: PersonOut


def person(user: User) -> PersonOut:
    """An account as its owner sees it."""
    return PersonOut(id=user.id, email=user.email, name=user.name)


def signed_in(master_key: bytes, refreshed: Refreshed) -> SignedIn:
    """The answer of every way in."""
    now = refreshed.session.last_used_at
    return SignedIn(
        access_token=access_tokens.issue(master_key, refreshed.user.id, refreshed.session.id, now),
        token_type="Bearer",  # noqa: S106 - the scheme of RFC 6750
        expires_in=int(access_tokens.LIFETIME.total_seconds()),
        user=person(refreshed.user),
    )
