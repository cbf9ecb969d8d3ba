"""What can be listened to, and the permission that it needs. Each module declares its own in `topics.py`."""

from uuid import UUID

from gamekeeper.kernel.access.permission import Permission
from gamekeeper.kernel.context import Context
from gamekeeper.kernel.database import Tenanted
from gamekeeper.kernel.errors import NotFound

_topics: dict[str, "Topic"] = {}


class UnknownTopic(NotFound):
    """There is no such topic."""


class Topic:
    """A declared topic: `devices` for all of a kind, `device` with a model for single ones (`device:<id>`)."""

    def __init__(self, name: str, permission: Permission, model: type[Tenanted] | None = None) -> None:
        """Declare a topic. Raises ValueError when the name is taken."""
        self.name = name
        self.permission = permission
        self.model = model
        if name in _topics:
            msg = f"the topic {name!r} is declared twice"
            raise ValueError(msg)
        _topics[name] = self

    async def check(self, ctx: Context, id: UUID | None) -> None:  # noqa: A002 - the subject's id
        """Raise what `ctx.get` or `ctx.require` raises unless the caller may listen."""
        if self.model is None:
            ctx.require(self.permission)
        elif id is not None:
            await ctx.get(self.model, id, self.permission)


def every_topic() -> dict[str, Topic]:
    """All declared topics by name."""
    return dict(sorted(_topics.items()))


async def check(ctx: Context, name: str) -> None:
    """Raise unless the caller may listen to the topic that a client named, such as `device:0192…`."""
    noun, _, subject = name.partition(":")
    topic = _topics.get(noun)
    if topic is None or bool(subject) != (topic.model is not None):
        raise UnknownTopic(topic=name[:100])
    try:
        id_ = UUID(subject) if subject else None
    except ValueError as error:
        raise UnknownTopic(topic=name[:100]) from error
    await topic.check(ctx, id_)
