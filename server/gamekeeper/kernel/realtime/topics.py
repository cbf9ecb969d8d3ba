"""What can be listened to, and the permission that it needs. Each module declares its own in `topics.py`."""

from typing import TypeAlias
from uuid import UUID

from gamekeeper.kernel.access.permission import Permission
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import Tenanted
from gamekeeper.kernel.errors import NotFound
from gamekeeper.kernel.events import places

Reach: TypeAlias = frozenset[UUID] | None
"""Whose frames of a topic a listener gets: those of subjects at these resources (see `granted_by`), or None for all."""

_topics: dict[str, "Topic"] = {}


class UnknownTopic(NotFound):
    """There is no such topic."""


class Topic:
    """A declared topic: `devices` for all of a kind, `device` with a model for single ones (`device:<id>`).

    A list with `parts` is also for those who may see only a part of it, by their sites or grants: they get the frames
    that name a single thing (`device:<id>`) within their reach. A `shared` topic tells them everything: facts of the
    whole organization, such as its house rules. Any other list needs the permission everywhere.
    """

    def __init__(
        self,
        name: str,
        permission: Permission,
        model: type[Tenanted] | None = None,
        *,
        parts: bool = False,
        shared: bool = False,
    ) -> None:
        """Declare a topic. Raises ValueError when the name is taken."""
        self.name = name
        self.permission = permission
        self.model = model
        self.parts = parts
        self.shared = shared
        if name in _topics:
            msg = f"the topic {name!r} is declared twice"
            raise ValueError(msg)
        _topics[name] = self
        if model is not None:
            places.know(name, model)

    async def reach(self, ctx: Context, id: UUID | None) -> Reach:  # noqa: A002 - the subject's id
        """What of the topic the caller may hear. Raises what `ctx.get` or `ctx.require` raises where it is nothing."""
        if self.model is not None and id is not None:
            await ctx.get(self.model, id, self.permission)
        elif not self.parts and not self.shared:
            ctx.require(self.permission)
        within = ctx.reach(self.permission)
        return None if self.shared else within


def every_topic() -> dict[str, Topic]:
    """All declared topics by name."""
    return dict(sorted(_topics.items()))


async def reach(ctx: Context, name: str) -> Reach:
    """What the caller may hear of the topic that a client named, such as `device:0192…`. Raises where it is nothing."""
    noun, _, subject = name.partition(":")
    topic = _topics.get(noun)
    if topic is None or bool(subject) != (topic.model is not None):
        raise UnknownTopic(topic=name[:100])
    try:
        id_ = UUID(subject) if subject else None
    except ValueError as error:
        raise UnknownTopic(topic=name[:100]) from error
    return await topic.reach(ctx, id_)
