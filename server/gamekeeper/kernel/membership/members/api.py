"""Doors: the people of an organization. A person's id here is the account's, as in the audit log."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.caller import Caller
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.errors import NotFound
from gamekeeper.kernel.http import Ctx, Page, PageQuery, ReadCtx
from gamekeeper.kernel.http.dependencies import Who, facts_of, runtime_of
from gamekeeper.kernel.http.etags import IfMatch, tag
from gamekeeper.kernel.http.texts import Line
from gamekeeper.kernel.identity import passwords
from gamekeeper.kernel.identity.signin.shapes import Email, Name, Password
from gamekeeper.kernel.identity.strength import refuse_weak
from gamekeeper.kernel.membership.members import accounts, queries, service

router = APIRouter(prefix="/api/v1/users", tags=["users"])

RoleKeys = Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=20)]
"""Keys of roles: a built-in role's name, or the id of one of the organization's own."""
Sites = Annotated[list[UUID], Field(max_length=200)] | None
"""Where the roles hold; null is everywhere."""


class UserOut(BaseModel):
    """A member. `sites` is null where the roles hold everywhere; `version` is of the roles and sites."""

    id: UUID
    member_id: UUID
    email: str
    name: str
    roles: list[str]
    sites: list[UUID] | None
    mfa_enabled: bool
    joined_at: datetime
    version: int
    last_signin_at: datetime | None


class UserIn(BaseModel):
    """An account to make, with a first password that the person should change."""

    email: Email
    name: Annotated[Name, Field(min_length=1)]
    password: Password
    roles: RoleKeys
    sites: Sites = None


class UserChangeIn(BaseModel):
    """What a member is from now on. Without `roles` they stay; without `password` and `name` the account stays.

    `sites` counts only together with `roles`.
    """

    roles: RoleKeys | None = None
    sites: Sites = None
    name: Annotated[Name, Field(min_length=1)] | None = None
    password: Password | None = None


@router.get("")
async def list_users(
    ctx: ReadCtx,
    page: PageQuery,
    q: Annotated[Line | None, Query(max_length=100, description="Part of a name or an e-mail address.")] = None,
    role: Annotated[Line | None, Query(max_length=40, description="Only members with this role's key.")] = None,
) -> Page[UserOut]:
    """The members, by name."""
    ctx.require(May.MEMBER_READ)
    rows = await queries.members(ctx.connection, ctx.organization_id, q, role, page.values(str, UUID), page.limit + 1)
    return page.page([_out(row) for row in rows], lambda user: (user.name, user.id))


@router.get("/{user_id}")
async def get_user(user_id: UUID, ctx: ReadCtx, response: Response) -> UserOut:
    """One member."""
    ctx.require(May.MEMBER_READ)
    row = await queries.member(ctx.connection, ctx.organization_id, user_id)
    if row is None:
        raise NotFound(kind="member", id=str(user_id))
    tag(response, row["version"])
    return _out(row)


@router.post("", status_code=201)
async def create_user(body: UserIn, request: Request, response: Response, who: Who) -> UserOut:
    """Make an account for somebody. People with an account already are invited instead: 409 `email_taken`."""
    _permitted(who, May.MEMBER_CREATE)
    password = body.password.get_secret_value()
    refuse_weak(password, body.email, body.name)
    password_hash = await passwords.hashed(password)
    async with runtime_of(request).context(who, facts_of(request)) as ctx:
        user = await accounts.create(ctx, body.email, body.name, password_hash, body.roles, body.sites)
        return await _read(ctx, response, user.id)


@router.put("/{user_id}")
async def update_user(
    user_id: UUID, body: UserChangeIn, request: Request, response: Response, who: Who, expect: IfMatch
) -> UserOut:
    """Change a member's roles and sites; name and password only of people who belong to no other organization."""
    _permitted(who, May.MEMBER_UPDATE)
    password_hash = None
    if body.password is not None:
        password = body.password.get_secret_value()
        refuse_weak(password, body.name or "")
        password_hash = await passwords.hashed(password)
    async with runtime_of(request).context(who, facts_of(request)) as ctx:
        member, _ = await service.load(ctx, user_id, May.MEMBER_UPDATE)
        expect(member.version)
        if body.roles is not None:
            await service.change(ctx, user_id, body.roles, body.sites)
        if body.name is not None:
            await accounts.rename(ctx, user_id, body.name)
        if password_hash is not None:
            await accounts.reset_password(ctx, user_id, password_hash)
        return await _read(ctx, response, user_id)


@router.delete("/{user_id}", status_code=204)
async def remove_user(user_id: UUID, ctx: Ctx) -> None:
    """Remove a member, or leave. The account stays; tokens and grants of the member go."""
    await service.remove(ctx, user_id)


@router.delete("/{user_id}/mfa", status_code=204)
async def reset_user_mfa(user_id: UUID, ctx: Ctx) -> None:
    """Help somebody who lost the phone: they sign in with the password alone and set it up anew."""
    await accounts.reset_mfa(ctx, user_id)


def _permitted(who: Who, permission: May) -> None:
    """Refuse before the work of hashing; the verbs ask again."""
    caller = Caller(who)
    _ = caller.organization_id
    caller.require(permission)


async def _read(ctx: Context, response: Response, user_id: UUID) -> UserOut:
    row = await queries.member(await ctx.raw(), ctx.organization_id, user_id)
    if row is None:
        raise NotFound(kind="member", id=str(user_id))
    tag(response, row["version"])
    return _out(row)


def _out(row: dict[str, Any]) -> UserOut:
    return UserOut.model_validate({**row, "sites": row["sites"] if row["limited"] else None})
