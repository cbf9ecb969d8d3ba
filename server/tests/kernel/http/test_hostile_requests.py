"""Requests of ill will: by hand where we know the trick, and by a generator over the whole API."""

import asyncio
import base64
import contextlib
import json
import random
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import hypothesis
import hypothesis.errors
import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.routing import APIRoute
from hypothesis import strategies as st
from pydantic import BaseModel
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from gamekeeper.kernel.runtime import Runtime
from gamekeeper.modules.fleet.authority import service as authority
from tests.tenancy.furnished import Furnished, Furnisher
from tests.world import World

SOMETHING = str(UUID(int=1))
MOST_SECONDS = 25.0
"""On a busy machine fewer operations get their turn; every run begins with another one."""
QUIET = [hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.filter_too_much, hypothesis.HealthCheck.data_too_large]
PROMISES: list[Any] = [
    getattr(checks, name)
    for name in ("content_type_conformance", "response_schema_conformance", "status_code_conformance")
]
"""What the description of the API says of every answer."""
SAYS_SO = frozenset({503})
"""A 5xx that is an answer and no bug: what is not configured here."""
MOMENTS = ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "3000-01-01T00:00:00Z", "1969-12-31T23:59:59Z"]
"""Times that are written rightly and lie where no clock has been: PostgreSQL or Python cannot hold some of them."""
schemathesis.openapi.format(
    "date-time", st.sampled_from(MOMENTS) | st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
)


def cursor(*place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "place",
    [
        (float("inf"), "a", SOMETHING),
        (float("nan"), "a", SOMETHING),
        (10**30, "a", SOMETHING),
        (1, "\ud800", SOMETHING),
        (1, "\0", SOMETHING),
        (1, "a", "\0"),
        ({}, [], None),
    ],
)
async def test_a_made_up_cursor_is_malformed(client: httpx.AsyncClient, place: tuple[Any, ...]) -> None:
    answer = await client.get("/api/v1/stations", params={"after": cursor(*place)})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_cursor")


async def test_an_origin_that_is_no_address_is_foreign(client: httpx.AsyncClient) -> None:
    body = {"email": "a@example.com", "password": "x"}
    answer = await client.post("/api/v1/auth/login", json=body, headers={"origin": "http://["})
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize("path", ["a" * 300, "a" * 5000, "%00", "%ff", "..%2f..%2fetc%2fpasswd", "assets/" + "a" * 300])
async def test_a_path_that_is_no_file_is_no_error(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/{path}")
    assert answer.status_code in {200, 404} or "not built" in answer.text
    assert "root:" not in answer.text


async def test_a_length_that_is_no_number_is_no_error(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/login", content=b"{}", headers={"content-length": b"\xb2"})  # pyright: ignore[reportArgumentType] - bytes that are no text
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"name":' + b"[" * 100_000, id="deep and open"),
        pytest.param(b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="deep"),
        pytest.param(b'{"name":' + b"9" * 100_000 + b"}", id="a long number"),
        pytest.param(b'{"name":"\\ud800"}', id="half a character"),
        pytest.param(b'{"name":"\\u0000"}', id="NUL"),
        pytest.param(b"\xff\xfe\x00", id="no UTF-8"),
        pytest.param(b"null", id="null"),
        pytest.param(b"", id="nothing"),
    ],
)
async def test_a_body_of_ill_will_is_not_valid(client: httpx.AsyncClient, content: bytes) -> None:
    answer = await client.post("/api/v1/devices", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_moment_out_of_all_bounds_is_not_valid(client: httpx.AsyncClient, world: World, moment: str) -> None:
    grant = {
        "user_id": SOMETHING,
        "resource_kind": "site",
        "resource_id": str(world.hall),
        "permissions": ["fleet.device.view"],
        "ends_at": moment,
    }
    token = {"name": "x", "permissions": ["fleet.device.view"], "expires_at": moment}
    answers = [
        await client.post("/api/v1/grants", json=grant),
        await client.post("/api/v1/tokens", json=token),
        *[await client.get("/api/v1/events", params={side: moment}) for side in ("from", "to")],
        *[await client.get(f"/api/v1/devices/{SOMETHING}/metrics", params={side: moment}) for side in ("from", "to")],
    ]
    for answer in answers:
        assert answer.status_code == 422, answer.request.url
        assert answer.json()["errors"][0]["kind"] == "moment_out_of_range"


def test_no_door_takes_a_moment_without_bounds(app: FastAPI) -> None:
    """Whoever takes a time takes a Moment."""
    taken = [
        f"{shape.__name__}.{name}: {field.annotation} {field.metadata}"
        for shape in every_shape(BaseModel)
        if shape.__module__.startswith("gamekeeper.") and shape.__name__.endswith("In")
        for name, field in shape.model_fields.items()
    ]
    for route in app.routes:
        fields = route.dependant.query_params if isinstance(route, APIRoute) else []
        taken += [f"{field.name}: {field.field_info.annotation} {field.field_info.metadata}" for field in fields]
    assert any("_moment" in each for each in taken)
    assert not [each for each in taken if "datetime" in each and "_moment" not in each]


def every_shape(of: type[BaseModel]) -> list[type[BaseModel]]:
    return [deeper for shape in of.__subclasses__() for deeper in (shape, *every_shape(shape))]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PATCH"])
async def test_a_method_that_nothing_has_is_refused(client: httpx.AsyncClient, method: str) -> None:
    assert (await client.request(method, "/api/v1/devices")).status_code in {404, 405}


@pytest.mark.slow
async def test_no_generated_request_breaks_anything(
    app: FastAPI, address: str, client: httpx.AsyncClient, world: World, runtime: Runtime
) -> None:
    """Every operation with generated data, good and bad: no answer is a bug's, and each error is a problem."""
    await authority.ensure(runtime, datetime.now(UTC))
    await Furnisher(client, world, Furnished().mark).furnish()
    attack = Attack(f"http://{address}", world.headers(world.rex))
    schema: Any = schemathesis.openapi.from_dict(app.openapi())
    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]
    random.shuffle(operations)
    try:
        await asyncio.to_thread(attack.on, operations)
    finally:
        attack.stopped = True
    assert attack.broken == []
    assert attack.answers > 20


class Attack:
    """Sends what the generator makes, from a thread of its own."""

    def __init__(self, base_url: str, headers: dict[str, str]) -> None:
        self.broken: list[str] = []
        self.answers = 0
        self.stopped = False
        self._until = time.monotonic() + MOST_SECONDS
        self._base_url = base_url
        self._headers = headers

    def on(self, operations: list[Any]) -> None:
        for operation in operations:
            for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
                if self.stopped or time.monotonic() > self._until:
                    return
                self._run(operation.as_strategy(generation_mode=mode))

    def _run(self, cases: Any) -> None:
        @hypothesis.settings(
            max_examples=1,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=QUIET,
        )
        @hypothesis.given(case=cases)
        def send(case: Any) -> None:
            self._judge(case, case.call(base_url=self._base_url, headers=self._headers, timeout=20))

        # Nothing can be made that an operation without parameters would not like.
        with contextlib.suppress(hypothesis.errors.Unsatisfiable):
            send()

    def _judge(self, case: Any, answer: Any) -> None:
        self.answers += 1
        if case.path == "/ready" and answer.status_code in SAYS_SO:
            # Not broken but honest: another test of the run may have had a worker, which is missed since.
            return
        kind = answer.headers.get("content-type", [""])[0]
        is_bug = answer.status_code >= 500 and answer.status_code not in SAYS_SO
        if is_bug or (answer.status_code >= 400 and kind != "application/problem+json"):
            self.broken.append(f"{case.as_curl_command()} -> {answer.status_code} {kind} {answer.text[:300]}")
            return
        try:
            case.validate_response(answer, checks=PROMISES)
        except FailureGroup as error:
            self.broken.append(f"{case.as_curl_command()} -> {answer.status_code} {error.exceptions}"[:1500])
