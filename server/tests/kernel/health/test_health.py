"""/health, /ready and /metrics."""

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from gamekeeper.kernel.health.checks import Readiness
from gamekeeper.kernel.parts import Health
from gamekeeper.kernel.runtime import Runtime
from tests.world import World


@pytest.fixture(autouse=True)
def just_started(app: FastAPI, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "health", Health())
    monkeypatch.setattr(app.state, "readiness", Readiness(runtime), raising=False)


def newest(_prefix: str) -> str:
    return "9999"


def local(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 40000))
    return httpx.AsyncClient(transport=transport, base_url="http://gamekeeper.test")


async def test_alive_and_ready(app: FastAPI) -> None:
    async with local(app) as client:
        assert (await client.get("/health")).json() == {"alive": True}
        answer = await client.get("/ready")
    assert answer.status_code == 200, answer.text
    assert {"database", "migrations", "hints"} <= {part["name"] for part in answer.json()["parts"]}


async def test_what_is_not_ready_is_named(app: FastAPI, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gamekeeper.kernel.health.checks._newest", newest)
    with runtime.health.up("gateway"):
        pass
    async with local(app) as client:
        answer = await client.get("/ready")
    assert answer.status_code == 503
    waiting = {part["name"]: part["reason"] for part in answer.json()["parts"] if not part["ready"]}
    assert set(waiting) == {"migrations", "gateway"}
    assert "needs 9999" in waiting["migrations"]
    with runtime.health.up("gateway"):
        assert runtime.health.reasons()["gateway"] is None


async def test_metrics_are_for_this_machine(app: FastAPI, client: httpx.AsyncClient, world: World) -> None:
    async with local(app) as here:
        answer = await here.get("/metrics")
        assert answer.status_code == 200
        assert 'gamekeeper_jobs{status="failed"}' in answer.text
        assert str(world.lantern) not in answer.text
        # A proxy on this machine speaks for somebody else.
        assert (await here.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})).status_code == 403
    stranger = await client.get("/metrics")
    assert (stranger.status_code, stranger.json()["code"]) == (403, "metrics_closed")


async def test_or_for_whoever_has_the_token(
    client: httpx.AsyncClient, app: FastAPI, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime.settings, "metrics_token", SecretStr("sesame"))
    assert (await client.get("/metrics", headers={"authorization": "Bearer sesame"})).status_code == 200
    assert (await client.get("/metrics", headers={"authorization": "Bearer wrong"})).status_code == 403
    async with local(app) as here:
        assert (await here.get("/metrics")).status_code == 403
