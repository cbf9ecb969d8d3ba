"""What happens to organizations, sites and teams."""

from typing import ClassVar

from gamekeeper.kernel.events import Event


class OrganizationCreated(Event):
    """An organization was opened."""

    type: ClassVar[str] = "organization:created"


class OrganizationChanged(Event):
    """An organization's name or settings were changed; `changed` has the new values."""

    type: ClassVar[str] = "organization:changed"
    changed: dict[str, str]


class SiteCreated(Event):
    """A site was added."""

    type: ClassVar[str] = "site:created"


class SiteChanged(Event):
    """A site was changed; `changed` has the new values."""

    type: ClassVar[str] = "site:changed"
    changed: dict[str, str]


class SiteDeleted(Event):
    """A site was removed."""

    type: ClassVar[str] = "site:deleted"
    moves_access: ClassVar[bool] = True


class TeamCreated(Event):
    """A team was formed."""

    type: ClassVar[str] = "team:created"


class TeamChanged(Event):
    """A team was changed; `changed` says what."""

    type: ClassVar[str] = "team:changed"
    changed: dict[str, str]


class TeamDeleted(Event):
    """A team was dissolved."""

    type: ClassVar[str] = "team:deleted"
