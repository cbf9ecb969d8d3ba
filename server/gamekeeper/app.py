"""Lists the modules and builds the web app; nothing clever."""

import importlib
import pkgutil
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import ModuleType
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import WebSocketRoute

from gamekeeper import __version__
from gamekeeper.kernel.background import background
from gamekeeper.kernel.entrance.doorkeeper import authenticate
from gamekeeper.kernel.http import problems, ui
from gamekeeper.kernel.http.middleware import Edge
from gamekeeper.kernel.http.signpost import Signpost
from gamekeeper.kernel.realtime.hub import Hub
from gamekeeper.kernel.realtime.revocation import Revocation
from gamekeeper.kernel.realtime.socket import Socket
from gamekeeper.kernel.runtime import Runtime

MODULES = ("gamekeeper.kernel", "gamekeeper.modules.metrics", "gamekeeper.modules.fleet", "gamekeeper.modules.venue")
"""The storeys. A new module is one line here; its files plug in by their names."""

FURNITURE = frozenset({"models", "permissions", "events", "topics", "jobs", "subscribers", "sockets", "api"})
"""A file of one of these names is imported at start, and so registers what it declares."""


def furnish() -> list[ModuleType]:
    """Import every piece of furniture of every module, in the order of MODULES."""
    found: list[ModuleType] = []
    for name in MODULES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if module.name.rpartition(".")[2] in FURNITURE:
                found.append(importlib.import_module(module.name))  # noqa: PERF401 - an import is not a value
    return found


def routers() -> list[APIRouter]:
    """The router of every `api.py`."""
    return [module.router for module in furnish() if module.__name__.endswith(".api")]


Opener = Callable[[], AbstractAsyncContextManager[Runtime]]


def build(open_process: Opener, *, https: bool = False) -> FastAPI:
    """The web app. `open_process` opens the runtime when the server starts and closes it when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with open_process() as runtime:
            app.state.runtime = runtime
            app.state.hub = hub = Hub(runtime)
            revocation = Revocation(hub, app.state.authenticate)
            loops = {"realtime": hub.run, "revocation": revocation.run, "whereabouts": hub.whereabouts.run}
            async with background(**loops):
                yield

    app = _Described(
        title="Gamekeeper",
        version=__version__,
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.authenticate = authenticate
    # What people look at all day belongs to the upper storeys, so those are described first.
    found = routers()[::-1]
    routes = [route for router in found for route in router.routes if isinstance(route, APIRoute)]
    app.router.routes += [WebSocketRoute("/ws", Socket()), Signpost(routes)]
    problems.install(app)
    # The signpost answers in front of these, from which the framework takes what it describes.
    for router in found:
        app.include_router(router)
    ui.install(app)
    app.add_middleware(Edge, https=https)
    return app


class _Described(FastAPI):
    """The framework's app, which describes errors as they are."""

    def openapi(self) -> dict[str, Any]:
        """The API's description, made once."""
        return self.openapi_schema or problems.describe(super().openapi())


def _operation_id(route: APIRoute) -> str:
    """`devices_list`: what the generated clients call their functions."""
    tag = str(route.tags[0]) if route.tags else "kernel"
    return f"{tag}_{route.name}"
