"""Doors to one's own account. They work without an organization too."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from gamekeeper.kernel.caller import ActorKind
from gamekeeper.kernel.entrance.me import service
from gamekeeper.kernel.errors import Unauthenticated, code_of
from gamekeeper.kernel.http import GlobalCtx
from gamekeeper.kernel.http.dependencies import Who, facts_of, runtime_of
from gamekeeper.kernel.identity import passwords
from gamekeeper.kernel.identity.people import person_id
from gamekeeper.kernel.identity.signin.service import confirm
from gamekeeper.kernel.identity.signin.shapes import Name, Password, PersonOut, person
from gamekeeper.kernel.identity.strength import refuse_weak
from gamekeeper.kernel.identity.users import service as users

router = APIRouter(prefix="/api/v1/me", tags=["me"])


class ActorOut(BaseModel):
    """Who acts, as the audit log names them."""

    kind: ActorKind
    id: UUID | None
    label: str


class PlaceOut(BaseModel):
    """An organization that one belongs to."""

    id: UUID
    name: str
    demo: bool
    roles: list[str]
    mfa_required: bool


class MeOut(BaseModel):
    """Who am I, where, and what may I do. `obstacle` is the code of why there is no organization."""

    actor: ActorOut
    user: PersonOut | None
    session_id: UUID | None
    organization_id: UUID | None
    obstacle: str | None
    organizations: list[PlaceOut]
    permissions: list[str]
    grants: dict[str, list[UUID]]
    mfa_enabled: bool
    mfa_required: bool
    recovery_codes_left: int


class RenameIn(BaseModel):
    """Another name."""

    name: Annotated[Name, Field(min_length=1)]


class PasswordIn(BaseModel):
    """A new password, and the one so far."""

    current: Password
    new: Password


@router.get("")
async def show(ctx: GlobalCtx) -> MeOut:
    """Who the credential belongs to, all organizations to switch between, and what is permitted in this one."""
    who = ctx.who
    if who.actor.kind is ActorKind.ANONYMOUS:
        raise Unauthenticated
    me = await service.look(ctx, person_id(who)) if who.actor.kind is ActorKind.USER else None
    return MeOut(
        actor=ActorOut(kind=who.actor.kind, id=who.actor.id, label=who.actor.label),
        user=person(me.user) if me else None,
        session_id=who.session_id,
        organization_id=who.organization_id,
        obstacle=code_of(who.obstacle) if who.obstacle else None,
        organizations=[_place(place) for place in me.places] if me else [],
        permissions=sorted(who.access.permissions),
        grants={name: sorted(ids) for name, ids in sorted(who.access.grants.items())},
        mfa_enabled=bool(me and me.mfa_since),
        mfa_required=bool(me and me.mfa_required),
        recovery_codes_left=me.recovery_codes_left if me else 0,
    )


@router.put("")
async def rename(body: RenameIn, ctx: GlobalCtx) -> PersonOut:
    """Go by another name."""
    user = await users.load(ctx, person_id(ctx.who), lock=True)
    await users.rename(ctx, user, body.name)
    return person(user)


@router.put("/password", status_code=204)
async def change_password(body: PasswordIn, request: Request, who: Who) -> None:
    """Change the password. All other sign-ins end."""
    runtime, facts, user_id = runtime_of(request), facts_of(request), person_id(who)
    async with runtime.context(who, facts) as ctx:
        user = await users.load(ctx, user_id)
    await confirm(runtime, facts, who.session_id, user.email, body.current.get_secret_value())
    new = body.new.get_secret_value()
    refuse_weak(new, user.email, user.name)
    password_hash = await passwords.hashed(new)
    async with runtime.context(who, facts) as ctx:
        user = await users.load(ctx, user_id, lock=True)
        await users.set_password(ctx, user, password_hash, keep=who.session_id)


def _place(place: service.Place) -> PlaceOut:
    return PlaceOut(
        id=place.membership.organization_id,
        name=place.membership.name,
        demo=place.membership.demo,
        roles=sorted(place.standing.roles),
        mfa_required=place.standing.needs_mfa,
    )
