"""ETag and If-Match where two people may edit one thing."""

from typing import Annotated

from fastapi import Depends, Header, Response

from gamekeeper.kernel.database import Expect
from gamekeeper.kernel.errors import PreconditionFailed

_IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description='The ETag that was read, such as `"3"`; without it every version matches.'),
]


def tag(response: Response, version: int) -> None:
    """Say which version the answer shows."""
    response.headers["etag"] = f'"{version}"'


def expected(if_match: _IfMatch = None) -> Expect:
    """What raises PreconditionFailed for another version than If-Match names; without the header everything matches."""
    wanted = None if if_match is None else {one.strip() for one in if_match.split(",")}

    def expect(version: int) -> None:
        if wanted is not None and wanted.isdisjoint({f'"{version}"', f'W/"{version}"', "*"}):
            raise PreconditionFailed(version=version)

    return expect


IfMatch = Annotated[Expect, Depends(expected)]
