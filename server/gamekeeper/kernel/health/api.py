"""/health, /ready and /metrics: what load balancers and Prometheus ask."""

import hmac
from ipaddress import ip_address

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from gamekeeper.kernel.errors import Forbidden
from gamekeeper.kernel.health.checks import Readiness
from gamekeeper.kernel.health.measurements import measured
from gamekeeper.kernel.http.dependencies import runtime_of

router = APIRouter(tags=["health"])


class MetricsClosed(Forbidden):
    """Measurements are given to this machine only, or to whoever sends GAMEKEEPER_METRICS_TOKEN."""


class HealthOut(BaseModel):
    """The process answers."""

    alive: bool


class PartOut(BaseModel):
    """A part of the process; `reason` says why it is not ready, or what is amiss though it works."""

    name: str
    ready: bool
    reason: str | None


class ReadyOut(BaseModel):
    """Whether the process can do its work, and what of it cannot."""

    ready: bool
    parts: list[PartOut]


@router.get("/health")
async def health() -> HealthOut:
    """Whether the process is alive: it answers, so it is. Restart it when it does not."""
    return HealthOut(alive=True)


@router.get("/ready", responses={503: {"model": ReadyOut}})
async def ready(request: Request) -> ReadyOut:
    """Whether to send requests here. 503 while something is not ready, which is named."""
    state = request.app.state
    if not hasattr(state, "readiness"):
        state.readiness = Readiness(runtime_of(request))
    readiness: Readiness = state.readiness
    reasons, amiss = await readiness.look()
    parts = [PartOut(name=name, ready=reason is None, reason=reason) for name, reason in reasons.items()]
    parts += [PartOut(name=name, ready=True, reason=reason) for name, reason in amiss.items()]
    answer = ReadyOut(ready=all(part.ready for part in parts), parts=parts)
    if answer.ready:
        return answer
    return JSONResponse(answer.model_dump(), status_code=503)  # pyright: ignore[reportReturnType] - FastAPI passes it on


@router.get("/metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Measurements of this process in Prometheus' text format. Raises MetricsClosed for strangers."""
    runtime = runtime_of(request)
    token = runtime.settings.metrics_token
    if not (_sends(request, token.get_secret_value()) if token else _is_here(request)):
        raise MetricsClosed
    return Response(await measured(runtime), media_type=CONTENT_TYPE_LATEST)


def _sends(request: Request, token: str) -> bool:
    sent = request.headers.get("authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(sent.encode(), token.encode())


def _is_here(request: Request) -> bool:
    """Whether a program of this machine asks, and not a proxy on behalf of somebody else."""
    if any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via")):
        return False
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
