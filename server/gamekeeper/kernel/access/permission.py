"""The grammar of permissions: `module.noun.verb`, one StrEnum for each module."""

import re
from enum import StrEnum
from typing import Self

_GRAMMAR = re.compile(r"[a-z]+\.[a-z_]+\.[a-z_]+")


class Permission(StrEnum):
    """Base of a module's permissions. A member is (value, meaning): what a role's editor shows beside it."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """A member from its value and its meaning. Raises ValueError outside the grammar."""
        if not _GRAMMAR.fullmatch(value):
            msg = f"{value!r} is not module.noun.verb"
            raise ValueError(msg)
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


def every_permission() -> list[Permission]:
    """All permissions of all modules that are imported, in the order of their names."""
    found = [member for vocabulary in _leaves(Permission) for member in vocabulary]
    return sorted(found, key=lambda permission: permission.value)


def _leaves(vocabulary: type[Permission]) -> list[type[Permission]]:
    children = vocabulary.__subclasses__()
    return [leaf for child in children for leaf in _leaves(child)] if children else [vocabulary]
