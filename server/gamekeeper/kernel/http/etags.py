"""ETag and If-Match where two people may edit one thing."""

from fastapi import Request, Response

from gamekeeper.kernel.errors import PreconditionFailed


def tag(response: Response, version: int) -> None:
    """Say which version the answer shows."""
    response.headers["etag"] = f'"{version}"'


def match(request: Request, version: int) -> None:
    """Raise PreconditionFailed when If-Match names another version; without the header everything matches."""
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted.strip() not in {f'"{version}"', f'W/"{version}"', "*"}:
        raise PreconditionFailed(version=version)
