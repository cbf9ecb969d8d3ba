"""The audit log at the door."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.events import emit, queries
from gamekeeper.kernel.events.queries import first_id
from gamekeeper.kernel.tenancy.events import SiteChanged, SiteCreated
from tests.people import People, make_organization, make_person


async def log(browser: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await browser.get("/api/v1/events", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def happen(people: People, *labels: str) -> list[UUID]:
    """Sites are made that nobody needs; the ids of the subjects."""
    subjects = [new_id() for _ in labels]
    async with people.runtime.context(await people.as_caller(people.ada)) as ctx:
        for subject, label in zip(subjects, labels, strict=True):
            await emit(ctx, SiteCreated(subject_id=subject, subject_label=label))
    return subjects


def test_the_first_id_of_a_moment_lies_between_its_neighbours() -> None:
    before = datetime.now(UTC)
    made = new_id()
    assert first_id(before - timedelta(milliseconds=1)) < made < first_id(datetime.now(UTC) + timedelta(milliseconds=1))
    assert first_id(before).version == 7
    assert first_id(datetime(1, 1, 1, tzinfo=UTC)).version == 7


async def test_newest_first_page_by_page(people: People) -> None:
    await happen(people, "one", "two", "three")
    async with people.browser(people.ada) as browser:
        whole = await log(browser, limit=500)
        assert [event["subject_label"] for event in whole[:3]] == ["three", "two", "one"]
        assert whole[0]["actor_label"] == "Ada"
        pages: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            page = (
                await browser.get("/api/v1/events", params={"limit": 2, **({"after": after} if after else {})})
            ).json()
            pages += page["items"]
            after = page["next"]
            if after is None:
                break
        assert pages == whole


async def test_filters(people: People) -> None:
    one, two = await happen(people, "Red room", "Blue room")
    bea = await people.person("Bea", "manager")
    async with people.browser(people.ada) as browser:
        assert [event["subject_id"] for event in await log(browser, subject=str(one))] == [str(one)]
        assert {event["type"] for event in await log(browser, type=["site:created", "member:joined"])} == {
            "site:created",
            "member:joined",
        }
        assert {event["actor_label"] for event in await log(browser, actor=str(bea.id))} == {"Bea"}
        assert [event["subject_id"] for event in await log(browser, q="bLUE")] == [str(two)]
        assert await log(browser, q="%") == [], "a text and not a pattern"
        moment = datetime.now(UTC) + timedelta(milliseconds=5)
        assert await log(browser, **{"from": (moment + timedelta(seconds=1)).isoformat()}) == []
        assert len(await log(browser, to=(moment + timedelta(seconds=1)).isoformat())) >= 4
        assert await log(browser, to=(moment - timedelta(hours=1)).isoformat()) == []


async def test_a_search_looks_at_a_stretch_and_goes_on(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_SEARCHED", 4)
    await happen(people, "needle", *(f"hay {number}" for number in range(10)))
    async with people.browser(people.ada) as browser:
        found: list[str] = []
        after: str | None = None
        pages = 0
        while True:
            query = {"q": "needle", **({"after": after} if after else {})}
            page = (await browser.get("/api/v1/events", params=query)).json()
            found += [event["subject_label"] for event in page["items"]]
            pages += 1
            after = page["next"]
            if after is None:
                break
    assert found == ["needle"]
    assert pages > 2


@pytest.mark.parametrize(
    "query",
    [
        {"q": "a\x00"},
        {"from": "yesterday"},
        {"from": "2026-01-01T00:00:00"},
        {"actor": "ada"},
        {"limit": 5000},
        {"after": "nonsense"},
        {"type": "x\x00"},
    ],
)
async def test_malformed_filters_are_named(people: People, query: dict[str, Any]) -> None:
    async with people.browser(people.ada) as browser:
        assert (await browser.get("/api/v1/events", params=query)).status_code == 422


async def test_csv_has_the_same_rows_and_no_formulas(people: People) -> None:
    await happen(people, "=HYPERLINK(1)", 'a "quoted", name', "+1", "-1", "@x")
    async with people.browser(people.ada) as browser:
        answer = await browser.get("/api/v1/events/export", params={"type": "site:created"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    labels = [row["subject_label"] for row in rows[:5]]
    assert labels == ["'@x", "'-1", "'+1", 'a "quoted", name', "'=HYPERLINK(1)"]
    assert {row["type"] for row in rows} == {"site:created"}


async def test_only_for_those_who_may_and_only_ones_own(people: People) -> None:
    staff = await people.person("Sid", "staff")
    rival = await make_organization(people.runtime, "Rival")
    rex = await make_person(people.runtime, "Rex", ("owner",), rival)
    (subject,) = await happen(people, "secret")
    async with people.browser(staff) as browser:
        for path in ("", "/types", "/export"):
            assert (await browser.get(f"/api/v1/events{path}")).status_code == 403
    async with people.browser(rex) as browser:
        assert await log(browser, subject=str(subject)) == []
        assert "secret" not in (await browser.get("/api/v1/events/export")).text
    async with people.browser() as browser:
        assert (await browser.get("/api/v1/events/export")).status_code == 401


async def test_quiet_facts_are_shown_of_one_thing_when_asked_for(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SiteChanged, "audited", False)
    subject = uuid4()
    async with people.runtime.context(await people.as_caller(people.ada)) as ctx:
        await emit(ctx, SiteChanged(subject_id=subject, changed={}))
    async with people.browser(people.ada) as browser:
        assert await log(browser, subject=str(subject)) == []
        assert [event["type"] for event in await log(browser, subject=str(subject), quiet=True)] == ["site:changed"]
        assert "site:changed" not in [event["type"] for event in await log(browser, quiet=True, limit=500)]
