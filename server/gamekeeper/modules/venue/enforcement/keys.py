"""The keys that leases are signed with: made when first needed, rotated by hand, sealed at rest."""

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from gamekeeper.kernel.context import Context
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.secrets import open_secret, seal
from gamekeeper.modules.venue.actuator import refresh
from gamekeeper.modules.venue.enforcement.models import LeaseKey
from gamekeeper.modules.venue.events import LeaseKeyRotated
from gamekeeper.modules.venue.permissions import May
from gamekeeper_wire.lease import key_id

PURPOSE = "lease key"
RETIRED_FOR = timedelta(days=1)
"""How long seats still believe a key after it was rotated: the longest lease that may be under way."""
_MOST_KEYS = 8


async def signing_key(ctx: Context) -> Ed25519PrivateKey:
    """The organization's private key; the first call makes it."""
    row = await _signing(ctx)
    if row is None:
        # Two seats may say hello at once, and only one key may be made for both.
        await (await ctx.raw()).execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"lease-key:{ctx.organization_id}"
        )
        row = await _signing(ctx) or await _make(ctx)
    return Ed25519PrivateKey.from_private_bytes(await open_secret(ctx, row.secret_id, PURPOSE))


async def public_keys(ctx: Context) -> dict[str, bytes]:
    """Raw public keys by id that seats shall believe now."""
    await signing_key(ctx)
    since = ctx.now - RETIRED_FOR
    statement = (
        select(LeaseKey)
        .where(
            LeaseKey.organization_id == ctx.organization_id,
            LeaseKey.retired_at.is_(None) | (LeaseKey.retired_at > since),
        )
        .order_by(LeaseKey.retired_at.desc().nulls_first())
        .limit(_MOST_KEYS)
    )
    return {row.key_id: row.public_key for row in await ctx.scalars(statement)}


async def rotate(ctx: Context) -> LeaseKey:
    """Sign with a new key from now on, and tell every seat."""
    ctx.require(May.KEYS)
    await signing_key(ctx)
    current = await _signing(ctx, lock=True)
    if current is not None:
        current.retired_at = ctx.now
    await ctx.flush()
    made = await _make(ctx)
    await emit(ctx, LeaseKeyRotated(subject_id=made.id, subject_label=made.key_id, key_id=made.key_id))
    seats = await (await ctx.raw()).fetch(
        "SELECT device_id FROM stations WHERE organization_id = $1 AND device_id IS NOT NULL", ctx.organization_id
    )
    for seat in seats:
        refresh(ctx, seat["device_id"])
    return made


async def _signing(ctx: Context, *, lock: bool = False) -> LeaseKey | None:
    statement = select(LeaseKey).where(LeaseKey.organization_id == ctx.organization_id, LeaseKey.retired_at.is_(None))
    return (await ctx.session.execute(statement.with_for_update() if lock else statement)).scalar_one_or_none()


async def _make(ctx: Context) -> LeaseKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    row = LeaseKey(
        organization_id=ctx.organization_id,
        key_id=key_id(public),
        public_key=public.public_bytes_raw(),
        secret_id=await seal(ctx, PURPOSE, private.private_bytes_raw()),
    )
    ctx.add(row)
    await ctx.flush()
    return row
