"""What an event is: a frozen class with a name `noun:verb`, the subject's id and what a reader must know."""

import re
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

_NAME = re.compile(r"[a-z]+(-[a-z]+)*:[a-z]+(-[a-z]+)*")
_classes: dict[str, type["Event"]] = {}


class Event(BaseModel):
    """Base of every event. The fields are the `data` of the row, of the socket's frame and of a webhook.

    `type` is `noun:verb`. `subject_id` is the thing that it happened to; `subject_label` is what people call it,
    kept so that the audit log can be read after the thing is gone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: ClassVar[str] = ""
    audited: ClassVar[bool] = True
    """False for facts that only live readers need, such as a device's short absence."""
    moves_access: ClassVar[bool] = False
    """True for facts after which people may see more or less than before."""

    subject_id: UUID
    subject_label: str = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not _NAME.fullmatch(cls.type):
            msg = f"{cls.__name__}.type must be noun:verb, not {cls.type!r}"
            raise TypeError(msg)
        if _classes.setdefault(cls.type, cls).__qualname__ != cls.__qualname__:
            msg = f"the event {cls.type!r} is already {_classes[cls.type].__name__}"
            raise TypeError(msg)

    @classmethod
    def noun(cls) -> str:
        """The noun before the colon: what the subject is."""
        return cls.type.partition(":")[0]

    def topics(self) -> tuple[str, ...]:
        """The realtime topics that this event goes to: by default the noun's list and the subject itself."""
        noun = self.noun()
        return (f"{noun}s", f"{noun}:{self.subject_id}")


def every_event() -> dict[str, type[Event]]:
    """All event classes that are imported, by type."""
    return dict(sorted(_classes.items()))


def revive(type_: str, data: dict[str, Any]) -> Event | None:
    """The event of a stored row; None for a type that this version no longer has."""
    event = _classes.get(type_)
    return event.model_validate(data) if event else None
