"""Access tokens: JWTs of 15 minutes that browsers keep in memory only."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey

from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.errors import Unauthenticated
from gamekeeper.kernel.keys.derived import derived

LIFETIME = timedelta(minutes=15)
_ALGORITHM = "HS256"
_ISSUER = "gamekeeper"
_AUDIENCE = "gamekeeper-api"
_LONGEST = 2000


class AccessTokenInvalid(Unauthenticated):
    """This access token is not valid. Sign in again."""


class AccessTokenExpired(Unauthenticated):
    """This access token has expired. Refresh it or sign in again."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says."""

    user_id: UUID
    session_id: UUID
    expires_at: datetime


def issue(master_key: bytes, user_id: UUID, session_id: UUID, now: datetime) -> str:
    """A token for one sign-in, good from `now` for LIFETIME."""
    key, key_id = _key(master_key)
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": str(user_id),
        "sid": str(session_id),
        "jti": str(new_id()),
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
    }
    return jwt.encode({"alg": _ALGORITHM, "kid": key_id}, claims, key, algorithms=[_ALGORITHM])


def read(master_key: bytes, token: str, now: datetime) -> Claims:
    """The claims of a token that we made. Raises AccessTokenInvalid or AccessTokenExpired."""
    if len(token) > _LONGEST:
        raise AccessTokenInvalid
    key, key_id = _key(master_key)
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        iss={"essential": True, "value": _ISSUER},
        aud={"essential": True, "value": _AUDIENCE},
        sub={"essential": True},
        sid={"essential": True},
        exp={"essential": True},
    )
    try:
        # The algorithm is ours, whatever the token's header says.
        decoded = jwt.decode(token, key, algorithms=[_ALGORITHM])
        if decoded.header.get("kid") != key_id:
            raise AccessTokenInvalid
        registry.validate(decoded.claims)
        return Claims(
            user_id=UUID(decoded.claims["sub"]),
            session_id=UUID(decoded.claims["sid"]),
            expires_at=datetime.fromtimestamp(decoded.claims["exp"], UTC),
        )
    except ExpiredTokenError as error:
        raise AccessTokenExpired from error
    except (JoseError, ValueError, TypeError, AttributeError, LookupError) as error:
        # The library trips over a header of strange shape, such as {"crit": 1}, before it looks at the signature.
        raise AccessTokenInvalid from error


@lru_cache(maxsize=8)
def _key(master_key: bytes) -> tuple[OctKey, str]:
    """The signing key and its id. A new master key has a new id: older tokens end, and refresh tokens get new ones."""
    secret = derived(master_key, "access token v1")
    return OctKey.import_key(secret), hashlib.sha256(secret).hexdigest()[:12]
