"""Sealing and opening secrets. What is sealed is bound to its organization, its row and its purpose."""

from uuid import UUID

from sqlalchemy import delete, select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import new_id
from gamekeeper.kernel.errors import NotFound
from gamekeeper.kernel.keys.bound import bound_to
from gamekeeper.kernel.keys.keyring import Envelope
from gamekeeper.kernel.secrets.models import Secret, SystemSecret


async def seal(ctx: Context, purpose: str, plaintext: bytes, replacing: UUID | None = None) -> UUID:
    """Store a secret of the organization; `purpose` is a word such as `mqtt password`. Returns its id.

    `replacing` is an earlier secret that goes in the same transaction.
    """
    secret_id = new_id()
    envelope = await ctx.runtime.keyring.seal(plaintext, bound_to(ctx.organization_id, secret_id, purpose))
    ctx.add(
        Secret(
            organization_id=ctx.organization_id,
            id=secret_id,
            purpose=purpose,
            key_id=envelope.key_id,
            wrapped_key=envelope.wrapped_key,
            ciphertext=envelope.ciphertext,
        )
    )
    if replacing is not None:
        await forget(ctx, replacing)
    await ctx.flush()
    return secret_id


async def open_secret(ctx: Context, secret_id: UUID, purpose: str) -> bytes:
    """The plaintext. Raises NotFound, or SecretUnreadable when it was sealed for another purpose.

    Whoever calls has checked what the caller may do: a secret is never an answer of the API.
    """
    statement = select(Secret).where(Secret.organization_id == ctx.organization_id, Secret.id == secret_id)
    row = (await ctx.session.execute(statement)).scalar_one_or_none()
    if row is None:
        raise NotFound(kind="secret")
    envelope = Envelope(row.key_id, row.wrapped_key, row.ciphertext)
    return await ctx.runtime.keyring.open(envelope, bound_to(ctx.organization_id, secret_id, purpose))


async def forget(ctx: Context, secret_id: UUID) -> None:
    """Delete a secret of the organization."""
    await ctx.session.execute(
        delete(Secret).where(Secret.organization_id == ctx.organization_id, Secret.id == secret_id)
    )


async def seal_global(ctx: Context, purpose: str, plaintext: bytes) -> UUID:
    """Store a secret that belongs to no organization, such as a person's second factor. Returns its id."""
    secret_id = new_id()
    envelope = await ctx.runtime.keyring.seal(plaintext, bound_to(None, secret_id, purpose))
    ctx.add(
        SystemSecret(
            id=secret_id,
            purpose=purpose,
            key_id=envelope.key_id,
            wrapped_key=envelope.wrapped_key,
            ciphertext=envelope.ciphertext,
        )
    )
    await ctx.flush()
    return secret_id


async def open_global(ctx: Context, secret_id: UUID, purpose: str) -> bytes:
    """The plaintext of a secret of `seal_global`. Raises NotFound or SecretUnreadable."""
    row = await ctx.session.get(SystemSecret, secret_id)
    if row is None:
        raise NotFound(kind="secret")
    envelope = Envelope(row.key_id, row.wrapped_key, row.ciphertext)
    return await ctx.runtime.keyring.open(envelope, bound_to(None, secret_id, purpose))


async def forget_global(ctx: Context, secret_id: UUID) -> None:
    """Delete a secret of `seal_global`."""
    await ctx.session.execute(delete(SystemSecret).where(SystemSecret.id == secret_id))
