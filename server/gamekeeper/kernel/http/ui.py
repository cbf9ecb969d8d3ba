"""The built web UI: hashed assets for ever, the page itself with a fresh nonce."""

import secrets
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gamekeeper.kernel.errors import NotFound

STATIC = Path(__file__).parents[2] / "static"

NONCE = "__CSP_NONCE__"
"""What the build writes into the page where the nonce of one answer belongs."""

NOT_BUILT = """<!doctype html><meta charset="utf-8"><title>Gamekeeper</title>
<p>The web UI is not built yet. Run <code>make web</code>, then load this page again."""


class Assets(StaticFiles):
    """Files whose names carry a hash of their content, and so never change."""

    async def check_config(self) -> None:
        """A clone whose UI is not built yet has no such folder, and so no file either."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file."""
        answer = await super().get_response(path, scope)
        answer.headers["cache-control"] = "public, max-age=31536000, immutable"
        return answer


def policy(nonce: str) -> str:
    """What the page may do. Styles carry the nonce too; only their attributes are free, which the UI kit sets."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            "style-src-attr 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def install(app: FastAPI, static: Path = STATIC) -> None:
    """Serve the UI at every path that is not the API's, so that a reload of any page works."""
    app.mount("/assets", Assets(directory=static / "assets", check_dir=False), name="assets")

    @app.get("/{path:path}", include_in_schema=False)
    def page(path: str) -> Response:
        if path.startswith("api/"):
            raise NotFound(path=f"/{path}"[:200])
        plain = static / path
        # Only what lies directly in the folder (icons, the manifest, the service worker): no path can lead elsewhere.
        is_name = 0 < len(path) <= _LONGEST_NAME and "/" not in path and not path.startswith(".")
        if is_name and path != "index.html" and plain.is_file():
            return _plain(plain)
        try:
            html = (static / "index.html").read_text()
        except FileNotFoundError:
            return HTMLResponse(NOT_BUILT, status_code=503)
        nonce = secrets.token_urlsafe(16)
        return HTMLResponse(
            html.replace(NONCE, nonce),
            headers={"content-security-policy": policy(nonce), "cache-control": "no-cache"},
        )


_LONGEST_NAME = 100
"""Letters of a file's name; a longer path is the UI's own, and asking the file system for it would be an error."""


def _plain(file: Path) -> Response:
    kind = _TYPES.get(file.suffix)
    if kind is None:
        raise NotFound
    return Response(file.read_bytes(), media_type=kind, headers={"cache-control": "no-cache"})


_TYPES = {
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
}
