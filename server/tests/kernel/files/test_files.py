"""Files: whole or not at all, reached by links that expire, whatever they are called."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import obstore
import pytest
from obstore.store import MemoryStore

from gamekeeper.kernel.errors import NotFound
from gamekeeper.kernel.files.jobs import forget_expired, sweep
from gamekeeper.kernel.files.models import File
from gamekeeper.kernel.files.service import link, put, read, remove
from gamekeeper.kernel.jobs.errand import Errand
from gamekeeper.kernel.limits import ANONYMOUS_PER_MINUTE
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.settings import Settings
from gamekeeper.kernel.storage.sniffing import sniffed
from gamekeeper.kernel.storage.storage import FileTooLarge, Storage, StorageBroken, disposition
from tests.kernel.jobs.watching import until, working
from tests.world import World

PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 100


def on_disk(runtime: Runtime) -> set[str]:
    folder = runtime.settings.data / "files"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


async def pieces(count: int, *, breaks: bool = False) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 1_000_000
        await asyncio.sleep(0)
    if breaks:
        raise ConnectionResetError


async def test_stored_and_read_again(world: World) -> None:
    async with world.context() as ctx:
        file = await put(ctx, "../../etc/pass\nwd.png", PNG, purpose="screenshot")
        assert (file.type, file.size, file.name) == ("image/png", len(PNG), "../../etc/passwd.png")
        assert re.fullmatch(r"[0-9a-f-]{36}/[0-9a-f-]{36}", file.key)
        assert await read(ctx, file) == PNG


async def test_a_stream_that_breaks_or_is_too_long_leaves_nothing(runtime: Runtime, world: World) -> None:
    before = on_disk(runtime)
    async with world.context() as ctx:
        with pytest.raises(ConnectionResetError):
            await put(ctx, "a", pieces(8, breaks=True), purpose="x")
        with pytest.raises(FileTooLarge):
            await put(ctx, "b", pieces(8), purpose="x", most_bytes=7_500_000)
        assert on_disk(runtime) == before
        file = await put(ctx, "c", pieces(8), purpose="x", most_bytes=8_000_000)
        assert file.size == 8_000_000


async def test_a_link_downloads_what_it_was_made_for(client: httpx.AsyncClient, world: World) -> None:
    async with world.context() as ctx:
        file = await put(ctx, 'Bericht "März".png', PNG, purpose="x")
        address = await link(ctx, file)
    stranger = {"authorization": ""}
    answer = await client.get(address, headers=stranger)
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Bericht _M_rz_.png\"; filename*=UTF-8''Bericht%20%22M%C3%A4rz%22.png"
    )
    for forged in (
        address.replace("signature=", "signature=A"),
        re.sub(r"expires=\d+", "expires=9999999999", address),
        address.replace(str(world.lantern), str(world.rival)),
    ):
        answer = await client.get(forged, headers=stranger)
        assert (answer.status_code, answer.json()["code"]) == (403, "link_expired")


async def test_a_link_expires(client: httpx.AsyncClient, runtime: Runtime, world: World) -> None:
    async with runtime.context(world.ada, now=datetime.now(UTC) - timedelta(minutes=10)) as ctx:
        file = await put(ctx, "a", b"text", purpose="x")
        address = await link(ctx, file, seconds=60)
    assert (await client.get(address)).json()["code"] == "link_expired"


async def test_a_symbolic_link_is_not_followed(runtime: Runtime, world: World, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    async with world.context() as ctx:
        file = await put(ctx, "a", b"text", purpose="x")
        path = runtime.settings.data / "files" / file.key
        path.unlink()
        path.symlink_to(tmp_path / "secret")
        with pytest.raises(NotFound):
            await read(ctx, file)


async def test_a_removed_file_loses_its_content_after_the_commit(runtime: Runtime, world: World) -> None:
    async with world.context() as ctx:
        file = await put(ctx, "a", b"text", purpose="x")
    async with world.context() as ctx:
        loaded = await ctx.session.get_one(File, (world.lantern, file.id))
        await remove(ctx, loaded)
        assert file.key in on_disk(runtime)

    async def gone() -> bool:
        return file.key not in on_disk(runtime)

    async with working(runtime):
        await until(gone)


async def test_files_expire(runtime: Runtime, world: World) -> None:
    async with world.context() as ctx:
        file = await put(ctx, "a", b"text", purpose="x", keep=timedelta(seconds=-1))
        kept = await put(ctx, "b", b"text", purpose="x", keep=timedelta(hours=1))
        await forget_expired.later(ctx)

    async def gone() -> bool:
        return file.key not in on_disk(runtime)

    async with working(runtime):
        await until(gone)
    assert kept.key in on_disk(runtime)


async def test_content_that_nobody_knows_is_swept_after_a_day(
    runtime: Runtime, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.context() as ctx:
        orphan = await put(ctx, "a", b"text", purpose="x")
        await ctx.session.rollback()
    async with world.context() as ctx:
        known = await put(ctx, "b", b"text", purpose="x")
    errand = Errand(runtime, world.ada, ctx.request, UUID(int=1), 1, last=True)
    await sweep.function(errand)
    assert {orphan.key, known.key} <= on_disk(runtime)
    monkeypatch.setattr("gamekeeper.kernel.files.jobs._ORPHAN_AFTER", timedelta(days=-1))
    await sweep.function(errand)
    assert orphan.key not in on_disk(runtime)
    assert known.key in on_disk(runtime)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html><script>alert(1)</script>", "text/plain; charset=utf-8"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text/plain; charset=utf-8"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\1\2", "application/octet-stream"),
        ("ä".encode()[:1], "text/plain; charset=utf-8"),
        (b"\xff\xfe\xfd", "application/octet-stream"),
        (b"", "text/plain; charset=utf-8"),
    ],
)
def test_types_are_found_out(content: bytes, kind: str) -> None:
    assert sniffed(content) == kind


def test_no_name_breaks_out_of_its_header() -> None:
    for name in ('a"; filename="b', "a\r\nSet-Cookie: x", "..", "", "\\..\\x", "💡" * 300):
        header = disposition(name)
        assert re.fullmatch(r"attachment; filename=\"[A-Za-z0-9._ -]+\"; filename\*=UTF-8''[A-Za-z0-9._%~-]*", header)


async def test_an_object_store_gives_downloads_out_itself() -> None:
    store = MemoryStore()
    await Storage(store).write("a/b", b"<script>", most_bytes=100, save_as="x.html")
    result = await obstore.get_async(store, "a/b")
    assert result.attributes == {
        "Content-Disposition": "attachment; filename=\"x.html\"; filename*=UTF-8''x.html",
        "Content-Type": "application/octet-stream",
    }


def test_a_wrong_address_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageBroken, match="GAMEKEEPER_FILES_URL"):
        Storage.open(Settings(data=tmp_path, files_url="nonsense"))


async def test_links_that_are_made_up_are_counted_and_good_ones_are_not(
    client: httpx.AsyncClient, world: World
) -> None:
    async with world.context() as ctx:
        file = await put(ctx, "a.png", PNG, purpose="x")
        good = await link(ctx, file)
    del client.headers["authorization"]
    made_up = re.sub("signature=.*", "signature=x", good)
    for _ in range(5):
        assert (await client.get(good)).status_code == 200
    codes = [(await client.get(made_up)).status_code for _ in range(ANONYMOUS_PER_MINUTE + 20)]
    # A few may flow back while the test runs.
    assert set(codes[:ANONYMOUS_PER_MINUTE]) == {403}
    assert 429 in codes
    assert (await client.get(good)).status_code == 200, "who has a good link does not pay for neighbors"
