"""The grammar of permissions, `module.noun.verb`, and the built-in roles that they are given to.

Every module lists its permissions in one enum in its `permissions.py`:

    class May(Permission):
        READ = "fleet.device.read", "see devices and their state", *TEAM
        RESTART = "fleet.device.restart", "restart a device", BuiltIn.MANAGER, BuiltIn.STAFF
        ENROL = "fleet.device.enrol", "let a new machine in"
        WIPE = "fleet.device.wipe", "forget everything about a device", BuiltIn.OWNER

After the meaning stand the built-in roles that have the permission. The owner always has it, and the admin has it
unless the owner is the only one named; so a permission without roles is the owner's and the admin's.
"""

import re
from enum import StrEnum
from functools import cache
from typing import Self

_GRAMMAR = re.compile(r"[a-z]+\.[a-z_]+\.[a-z_]+")


class BuiltIn(StrEnum):
    """The roles that every organization has, and whose permissions come with the program."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    STAFF = "staff"
    MODERATOR = "moderator"
    VIEWER = "viewer"
    CUSTOMER = "customer"


TEAM = (BuiltIn.MANAGER, BuiltIn.STAFF, BuiltIn.MODERATOR, BuiltIn.VIEWER)
"""Everybody who works here: what one must see to be of any use."""


class Permission(StrEnum):
    """Base of a module's permissions. A member is (value, meaning, built-in roles…); see the module."""

    meaning: str
    roles: frozenset[BuiltIn]

    def __new__(cls, value: str, meaning: str, *roles: BuiltIn) -> Self:
        """A member from its value, what a role's editor shows beside it, and who has it.

        Raises ValueError outside the grammar.
        """
        if not _GRAMMAR.fullmatch(value):
            msg = f"{value!r} is not module.noun.verb"
            raise ValueError(msg)
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        always = (BuiltIn.OWNER,) if roles == (BuiltIn.OWNER,) else (BuiltIn.OWNER, BuiltIn.ADMIN)
        member.roles = frozenset((*always, *roles))
        return member


def every_permission() -> list[Permission]:
    """All permissions of all modules that are imported, in the order of their names."""
    found = [member for vocabulary in _leaves(Permission) for member in vocabulary]
    return sorted(found, key=lambda permission: permission.value)


@cache
def permissions_of(role: BuiltIn) -> frozenset[str]:
    """The permissions of a built-in role. Only meaningful after the app has imported every module."""
    return frozenset(permission.value for permission in every_permission() if role in permission.roles)


def _leaves(vocabulary: type[Permission]) -> list[type[Permission]]:
    children = vocabulary.__subclasses__()
    return [leaf for child in children for leaf in _leaves(child)] if children else [vocabulary]
