"""Telling open job pages that something moved: at most once a second for each organization."""

import asyncio
from uuid import UUID

from gamekeeper.kernel.realtime import ephemeral
from gamekeeper.kernel.runtime import Runtime

_EVERY_SECONDS = 1.0


class Announcements:
    """`moved` says that a job of an organization began or ended. The last of many within a second is told after it."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._waiting: dict[UUID, bool] = {}

    def moved(self, organization_id: UUID | None) -> None:
        """Tell now, or with others in a moment; jobs of the installation are nobody's page."""
        if organization_id is None:
            return
        if organization_id in self._waiting:
            self._waiting[organization_id] = True
            return
        self._tell(organization_id)

    def _tell(self, organization_id: UUID) -> None:
        self._waiting[organization_id] = False
        # No content: what a job is about is read with the reader's own permission.
        ephemeral.publish(self._runtime, organization_id, ["jobs"], "job:changed", {}, key="jobs")
        asyncio.get_running_loop().call_later(_EVERY_SECONDS, self._again, organization_id)

    def _again(self, organization_id: UUID) -> None:
        if self._waiting.pop(organization_id):
            self._tell(organization_id)
