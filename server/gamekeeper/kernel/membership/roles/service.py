"""What one can do with an organization's own roles."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select

from gamekeeper.kernel.access.hint import ACCESS
from gamekeeper.kernel.access.permission import BuiltIn
from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import Expect
from gamekeeper.kernel.errors import Conflict
from gamekeeper.kernel.events import emit
from gamekeeper.kernel.membership.assigning import known_permissions, refuse_more_than_own
from gamekeeper.kernel.membership.events import RoleChanged, RoleCreated, RoleDeleted
from gamekeeper.kernel.membership.models import Invitation, MemberRole, Role


class RoleExists(Conflict):
    """There is a role of this name already."""

    constraints = ("uq_roles_organization_id_name",)


class RoleInUse(Conflict):
    """Members or open invitations still have this role. Give them another one first."""


async def create(ctx: Context, name: str, permissions: Iterable[str]) -> Role:
    """Make a role. Raises RoleExists, UnknownPermission or MoreThanOwn."""
    ctx.require(May.ROLE_MANAGE)
    wanted = known_permissions(permissions)
    refuse_more_than_own(ctx, wanted)
    role = Role(organization_id=ctx.organization_id, name=_free(name), permissions=wanted)
    ctx.add(role)
    await ctx.flush()
    await emit(ctx, RoleCreated(subject_id=role.id, subject_label=role.name, permissions=wanted))
    return role


async def change(ctx: Context, role_id: UUID, name: str, permissions: Iterable[str], expect: Expect) -> Role:
    """Rename a role or change what it permits: for everybody who has it, at once.

    Neither more than one has oneself, nor a role that was more than that. Raises what `create` raises,
    PreconditionFailed and NotFound.
    """
    role = await ctx.get(Role, role_id, May.ROLE_MANAGE, lock=True)
    expect(role.version)
    wanted = known_permissions(permissions)
    refuse_more_than_own(ctx, {*wanted, *role.permissions})
    before = set(role.permissions)
    role.edit({"name": _free(name), "permissions": wanted})
    await ctx.flush()
    added, removed = sorted(set(wanted) - before), sorted(before - set(wanted))
    await emit(ctx, RoleChanged(subject_id=role.id, subject_label=role.name, added=added, removed=removed))
    ctx.poke(ACCESS, str(ctx.organization_id))
    return role


async def delete(ctx: Context, role_id: UUID) -> None:
    """Remove a role that nobody has. Raises RoleInUse or NotFound."""
    role = await ctx.get(Role, role_id, May.ROLE_MANAGE, lock=True)
    refuse_more_than_own(ctx, role.permissions)
    if await _in_use(ctx, role):
        raise RoleInUse
    await emit(ctx, RoleDeleted(subject_id=role.id, subject_label=role.name))
    await ctx.delete(role)


def _free(name: str) -> str:
    name = name.strip()
    if name.casefold() in set(BuiltIn):
        raise RoleExists
    return name


async def _in_use(ctx: Context, role: Role) -> bool:
    users = select(func.count()).where(
        MemberRole.organization_id == role.organization_id, MemberRole.role_id == role.id
    )
    if await ctx.session.scalar(users):
        return True
    offered = select(Invitation.roles).where(
        Invitation.organization_id == role.organization_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    return any(str(role.id) in keys for keys in await ctx.scalars(offered))
