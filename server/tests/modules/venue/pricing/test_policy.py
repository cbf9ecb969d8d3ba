"""House rules that several people change."""

import asyncio

import httpx


async def test_of_two_who_change_the_rules_at_once_both_are_answered(client: httpx.AsyncClient) -> None:
    changes = [{"grace_seconds": 30 + number} for number in range(6)]
    answers = await asyncio.gather(*(client.patch("/api/v1/venue-policy", json=change) for change in changes))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert (await client.get("/api/v1/venue-policy")).json()["version"] == 7


async def test_of_two_who_saw_the_same_rules_one_is_told(client: httpx.AsyncClient) -> None:
    headers = {"if-match": '"1"'}
    answers = await asyncio.gather(
        *(client.patch("/api/v1/venue-policy", json={"grace_seconds": n}, headers=headers) for n in (10, 20, 30))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
