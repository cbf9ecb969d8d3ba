"""Device groups over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from gamekeeper.kernel.http import Ctx
from gamekeeper.kernel.http.etags import IfMatch, tag
from gamekeeper.kernel.http.texts import Line
from gamekeeper.modules.fleet.groups import service
from gamekeeper.modules.fleet.groups.models import DeviceGroup

router = APIRouter(prefix="/api/v1/device-groups", tags=["device-groups"])

Name = Annotated[Line, Field(min_length=1, max_length=120)]
Text = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]


class GroupIn(BaseModel):
    """A group to make."""

    name: Name
    description: Text = ""
    parent_id: UUID | None = None


class GroupChangesIn(BaseModel):
    """What to change of a group; fields that are left out stay as they are."""

    name: Name | None = None
    description: Text | None = None
    parent_id: UUID | None = None

    def changes(self) -> dict[str, Any]:
        """The fields that were sent; null as parent moves the group to the top."""
        sent = self.model_dump(exclude_unset=True)
        return {name: value for name, value in sent.items() if value is not None or name == "parent_id"}


class GroupOut(BaseModel):
    """A group of devices."""

    id: UUID
    name: str
    description: str
    parent_id: UUID | None
    version: int


class GroupRowOut(GroupOut):
    """A group with the number of devices directly in it."""

    devices: int


@router.get("")
async def list_groups(ctx: Ctx) -> list[GroupRowOut]:
    """The groups that you may see, by name; the tree is made from `parent_id`."""
    return [GroupRowOut(**dict(row)) for row in await service.list_groups(ctx)]


@router.post("", status_code=201)
async def make_group(ctx: Ctx, response: Response, body: GroupIn) -> GroupOut:
    """Make a group."""
    return _shown(response, await service.make_group(ctx, body.name, body.description, body.parent_id))


@router.put("/{group_id}")
async def edit_group(ctx: Ctx, expect: IfMatch, response: Response, group_id: UUID, body: GroupChangesIn) -> GroupOut:
    """Rename, describe or move a group."""
    return _shown(response, await service.edit_group(ctx, group_id, body.changes(), expect))


@router.delete("/{group_id}", status_code=204)
async def delete_group(ctx: Ctx, group_id: UUID) -> None:
    """Delete a group; what lies in it moves up."""
    await service.delete_group(ctx, group_id)


def _shown(response: Response, group: DeviceGroup) -> GroupOut:
    tag(response, group.version)
    return GroupOut(
        id=group.id, name=group.name, description=group.description, parent_id=group.parent_id, version=group.version
    )
