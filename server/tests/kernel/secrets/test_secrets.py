"""Secrets: sealed for one place, opened only there, and carried over to a new master key unopened."""

from dataclasses import replace
from uuid import UUID

import pytest

from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.errors import NotFound
from gamekeeper.kernel.keys.keyring import Keyring, LocalMasterKey, MasterKeyUnknown, SecretUnreadable
from gamekeeper.kernel.keys.root_key import root_key
from gamekeeper.kernel.keys.rotation import rewrap_all
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.secrets import forget, open_global, open_secret, seal, seal_global
from tests.conftest import MASTER_KEY
from tests.world import World

OLD = LocalMasterKey(MASTER_KEY)
NEW = LocalMasterKey(b"n" * 32)


async def test_a_secret_opens_for_its_purpose_and_organization_only(world: World) -> None:
    async with world.context() as ctx:
        secret_id = await seal(ctx, "mqtt password", b"hunter2")
        assert await open_secret(ctx, secret_id, "mqtt password") == b"hunter2"
        with pytest.raises(SecretUnreadable):
            await open_secret(ctx, secret_id, "other purpose")
    async with world.context(world.rex) as ctx:
        with pytest.raises(NotFound):
            await open_secret(ctx, secret_id, "mqtt password")


async def test_the_plaintext_is_nowhere_in_the_row(world: World) -> None:
    async with world.context() as ctx:
        secret_id = await seal(ctx, "x", b"plain-as-day")
        text = await (await ctx.raw()).fetchval("SELECT row_to_json(s)::text FROM secrets s WHERE id = $1", secret_id)
    assert b"plain-as-day".hex() not in text


async def test_an_envelope_put_in_anothers_place_does_not_open(world: World) -> None:
    async with world.context() as ctx:
        first, second = await seal(ctx, "x", b"1"), await seal(ctx, "x", b"2")
        await (await ctx.raw()).execute(
            """UPDATE secrets s SET wrapped_key = o.wrapped_key, ciphertext = o.ciphertext
               FROM secrets o WHERE s.id = $1 AND o.id = $2""",
            first,
            second,
        )
        ctx.session.expire_all()
        with pytest.raises(SecretUnreadable):
            await open_secret(ctx, first, "x")
        # A rotation of all secrets, which other tests do, would rightly stop at such a row.
        await (await ctx.raw()).execute("DELETE FROM secrets WHERE id = $1", first)


async def test_a_replaced_secret_is_gone(world: World) -> None:
    async with world.context() as ctx:
        old = await seal(ctx, "x", b"1")
        new = await seal(ctx, "x", b"2", replacing=old)
        with pytest.raises(NotFound):
            await open_secret(ctx, old, "x")
        await forget(ctx, new)
        with pytest.raises(NotFound):
            await open_secret(ctx, new, "x")


async def test_a_rotation_rewraps_everything_and_opens_nothing(runtime: Runtime, world: World) -> None:
    async with world.context() as ctx:
        ours = [await seal(ctx, "x", str(n).encode()) for n in range(5)]
        persons = await seal_global(ctx, "second factor", b"person")
    async with world.context(world.rex) as ctx:
        theirs = await seal(ctx, "x", b"rex")
    before = await ciphertexts(world, ours)
    both = Keyring(NEW, [OLD])
    try:
        assert await rewrap_all(runtime.database, both) >= 7
        assert await rewrap_all(runtime.database, both) == 0
        assert await ciphertexts(world, ours) == before
        assert await root_key(runtime.database, Keyring(NEW)) == runtime.root_key
        with pytest.raises(MasterKeyUnknown):
            await root_key(runtime.database, Keyring(OLD))
        after = replace(world, runtime=replace(runtime, keyring=Keyring(NEW)))
        async with after.context() as ctx:
            assert [await open_secret(ctx, id_, "x") for id_ in ours] == [b"0", b"1", b"2", b"3", b"4"]
            assert await open_global(ctx, persons, "second factor") == b"person"
        async with after.context(world.rex) as ctx:
            assert await open_secret(ctx, theirs, "x") == b"rex"
    finally:
        await rewrap_all(runtime.database, Keyring(OLD, [NEW]))


async def test_a_rotation_without_the_old_key_loses_nothing(runtime: Runtime, world: World) -> None:
    async with world.context() as ctx:
        secret_id = await seal(ctx, "x", b"still here")
    with pytest.raises(MasterKeyUnknown):
        await rewrap_all(runtime.database, Keyring(NEW))
    async with world.context() as ctx:
        assert await open_secret(ctx, secret_id, "x") == b"still here"


async def test_a_missing_global_secret_is_not_found(world: World) -> None:
    async with world.context() as ctx:
        with pytest.raises(NotFound):
            await open_global(ctx, new_id(), "x")


async def ciphertexts(world: World, ids: list[UUID]) -> list[bytes]:
    async with world.context() as ctx:
        rows = await (await ctx.raw()).fetch("SELECT ciphertext FROM secrets WHERE id = ANY ($1) ORDER BY id", ids)
    return [row["ciphertext"] for row in rows]
