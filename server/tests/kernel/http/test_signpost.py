"""Routes are found by how their paths begin: the same ones that trying all of them would find."""

import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient

from gamekeeper.kernel.http.signpost import Signpost


async def _answer(request: Request) -> str:
    route: APIRoute = request.scope["route"]
    return route.path


def _client(*paths: str) -> AsyncClient:
    """Whatever route answers says its own path."""
    router = APIRouter()
    for path in paths:
        router.add_api_route(path, _answer, methods=["GET"])
    app = FastAPI()
    app.router.routes.append(Signpost(route for route in router.routes if isinstance(route, APIRoute)))
    return AsyncClient(transport=ASGITransport(app), base_url="http://test", follow_redirects=True)


PATHS = ("/health", "/api/v1/seats", "/api/v1/seats/counts", "/api/v1/seats/{seat}", "/api/v1/seats/{seat}/logs")


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/health", "/health"),
        ("/api/v1/seats", "/api/v1/seats"),
        ("/api/v1/seats/", "/api/v1/seats"),  # sent on to the path without the slash
        ("/api/v1/seats/7", "/api/v1/seats/{seat}"),
        ("/api/v1/seats/counts", "/api/v1/seats/counts"),  # both match; the first one answers
        ("/api/v1/seats/7/logs", "/api/v1/seats/{seat}/logs"),
    ],
)
async def test_a_path_finds_its_route(path: str, route: str) -> None:
    assert (await _client(*PATHS).get(path)).json() == route


@pytest.mark.parametrize("path", ["/", "//", "/api/v1/seat", "/api/v1/seats/7/logs/8"])
async def test_another_path_finds_none(path: str) -> None:
    assert (await _client(*PATHS).get(path)).status_code == 404


async def test_another_method_is_known_to_be_the_wrong_one() -> None:
    answer = await _client("/api/v1/seats").post("/api/v1/seats")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize("path", ["/api/{version}/seats", "/api/v1/{noun}", "/api/v1/files/{name:path}"])
def test_a_route_without_a_fixed_beginning_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="fixed beginning"):
        _client(path)
