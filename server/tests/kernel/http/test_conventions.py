"""What holds for every answer: headers, problems, limits, and the page for people."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from gamekeeper.kernel.http import ui
from gamekeeper.kernel.http.middleware import Edge


async def test_security_headers_stand_on_every_answer(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/nothing", "/api/v1/openapi.json", "/"):
        answer = await client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "unsafe-eval" not in answer.headers["content-security-policy"]
        assert "script-src 'unsafe-inline'" not in answer.headers["content-security-policy"]
        assert answer.headers["x-request-id"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_an_unknown_path_is_a_problem(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/api/v1/nothing")
    assert answer.status_code in {404, 405}
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] in {"not_found", "method_not_allowed"}


async def test_a_body_beyond_the_limit_is_refused_whether_it_tells_its_length_or_not(
    client: httpx.AsyncClient,
) -> None:
    async def endless():  # noqa: ANN202 - an async generator of bytes
        for _ in range(3):
            yield b"x" * 500_000

    for content in (b"x" * 1_500_000, endless()):
        answer = await client.post("/api/v1/auth/login", content=content)
        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"


async def test_strangers_are_limited_by_address(client: httpx.AsyncClient) -> None:
    del client.headers["authorization"]
    answers = [await client.get("/api/v1/me") for _ in range(100)]
    assert {answer.status_code for answer in answers} == {401}
    refused = await client.get("/api/v1/me")
    while refused.status_code == 401:  # a slow machine gave some back meanwhile
        refused = await client.get("/api/v1/me")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert answers[0].headers["ratelimit-limit"] == "100"


async def test_a_forged_address_does_not_escape_the_limit(client: httpx.AsyncClient) -> None:
    del client.headers["authorization"]
    # Many more than are given back to one address while this runs; each alone would have a hundred of its own.
    answers = [
        (await client.get("/api/v1/me", headers={"x-forwarded-for": f"1.2.3.{number % 250}"})).status_code
        for number in range(2000)
    ]
    assert 429 in answers


async def test_the_page_carries_a_fresh_nonce_and_nothing_else_runs(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(f'<script nonce="{ui.NONCE}" src="/assets/a.js"></script>')
    (tmp_path / "icon.svg").write_text("<svg/>")
    app = FastAPI()
    ui.install(app, tmp_path)
    edge = Edge(app, https=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=edge), base_url="http://gamekeeper.test") as client:
        pages = [await client.get(path) for path in ("/", "/devices/1?x=y")]
        icon = await client.get("/icon.svg")
    for page in pages:
        nonce = page.text.split('nonce="')[1].split('"')[0]
        assert f"script-src 'self' 'nonce-{nonce}'" in page.headers["content-security-policy"]
        assert page.headers["strict-transport-security"]
    assert pages[0].text != pages[1].text
    assert icon.headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize("path", ["/..%2f..%2fetc%2fpasswd", "/%2e%2e/app.py", "/.env", "/static/../app.py"])
async def test_no_path_leads_out_of_the_folder(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert "root:" not in answer.text
    assert "FastAPI" not in answer.text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "   "}, "name must not be empty."),
        ({}, "name is missing."),
        ({"name": "x" * 500}, "name may have at most 100 characters."),
        ({"name": "two\nlines"}, "name must be one line of text."),
    ],
)
async def test_what_is_wrong_is_said_as_a_person_would(client: httpx.AsyncClient, body: object, said: str) -> None:
    answer = await client.post("/api/v1/teams", json=body)
    assert (answer.status_code, answer.json()["detail"]) == (422, f"The request is not valid: {said}")
