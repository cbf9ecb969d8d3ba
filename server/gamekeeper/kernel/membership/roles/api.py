"""Doors: roles and the catalogue of permissions."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from gamekeeper.kernel.access.permission import BuiltIn, every_permission, permissions_of
from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.http import Ctx
from gamekeeper.kernel.http.etags import IfMatch, tag
from gamekeeper.kernel.identity.signin.shapes import Name
from gamekeeper.kernel.membership.models import Role
from gamekeeper.kernel.membership.roles import service

router = APIRouter(prefix="/api/v1", tags=["roles"])

Permissions = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=1000)]


class PermissionOut(BaseModel):
    """A permission, what it allows, and the built-in roles that have it."""

    value: str
    meaning: str
    roles: list[BuiltIn]


class PermissionsOut(BaseModel):
    """Everything that can be permitted."""

    items: list[PermissionOut]


class RoleOut(BaseModel):
    """A role. `key` is what members are given: a built-in role's name, or the id of the organization's own.

    `version` is null for a built-in role, which nobody edits.
    """

    key: str
    name: str
    builtin: bool
    permissions: list[str]
    version: int | None


class RolesOut(BaseModel):
    """The built-in roles, then the organization's own by name."""

    items: list[RoleOut]


class RoleIn(BaseModel):
    """A role as it shall be."""

    name: Annotated[Name, Field(min_length=1)]
    permissions: Permissions


@router.get("/permissions")
async def list_permissions(ctx: Ctx) -> PermissionsOut:
    """Everything that a role may permit."""
    ctx.require(May.ROLE_READ)
    found = every_permission()
    return PermissionsOut(
        items=[PermissionOut(value=one.value, meaning=one.meaning, roles=sorted(one.roles)) for one in found]
    )


@router.get("/roles")
async def list_roles(ctx: Ctx) -> RolesOut:
    """All roles. An organization has at most a few dozen."""
    own = await ctx.scalars(ctx.rows(Role, May.ROLE_READ).order_by(Role.name).limit(500))
    builtin = [
        RoleOut(key=role.value, name=role.value, builtin=True, permissions=sorted(permissions_of(role)), version=None)
        for role in BuiltIn
    ]
    return RolesOut(items=[*builtin, *(_out(role) for role in own)])


@router.post("/roles", status_code=201)
async def create_role(body: RoleIn, ctx: Ctx, response: Response) -> RoleOut:
    """Make a role; it may not permit more than you may."""
    role = await service.create(ctx, body.name, body.permissions)
    tag(response, role.version)
    return _out(role)


@router.put("/roles/{role_id}")
async def update_role(role_id: UUID, body: RoleIn, ctx: Ctx, expect: IfMatch, response: Response) -> RoleOut:
    """Change a role for everybody who has it. Built-in roles cannot be changed."""
    role = await service.change(ctx, role_id, body.name, body.permissions, expect)
    tag(response, role.version)
    return _out(role)


@router.delete("/roles/{role_id}", status_code=204)
async def delete_role(role_id: UUID, ctx: Ctx) -> None:
    """Remove a role that nobody has."""
    await service.delete(ctx, role_id)


def _out(role: Role) -> RoleOut:
    return RoleOut(key=str(role.id), name=role.name, builtin=False, permissions=role.permissions, version=role.version)
