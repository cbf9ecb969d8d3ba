"""Which devices a caller may see readings of. This module knows numbers, not machines: their owner tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from gamekeeper.kernel.access.permission import Permission
from gamekeeper.kernel.context import Reader


@dataclass(frozen=True, slots=True)
class Selection:
    """Devices that somebody asked for; what is empty does not restrict."""

    device_ids: Sequence[UUID] = field(default=())
    group_id: UUID | None = None
    site_id: UUID | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing restricts it."""
        return not self.device_ids and self.group_id is None and self.site_id is None


class Machines(Protocol):
    """The owner of devices."""

    async def __call__(self, ctx: Reader, permission: Permission, selection: Selection) -> Mapping[UUID, str]:
        """Names by id of the selected devices on which the caller has `permission`, by role or by grant.

        Raises Forbidden when the caller has it on none at all, and NotFound when a selected device, group or site
        does not exist for the caller.
        """
        ...


_owners: list[Machines] = []


def know_machines(owner: Machines) -> None:
    """Called once, by the module that owns devices. Raises RuntimeError the second time."""
    if _owners:
        msg = "two modules claim to own the devices"
        raise RuntimeError(msg)
    _owners.append(owner)


async def machines(ctx: Reader, permission: Permission, selection: Selection) -> Mapping[UUID, str]:
    """What the owner of devices answers. Raises what `Machines` raises."""
    return await _owners[0](ctx, permission, selection)
