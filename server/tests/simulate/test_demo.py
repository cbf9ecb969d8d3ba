"""The demo: marked as one, filled once, alive with sessions."""

import pytest
from sqlalchemy import func, select

from gamekeeper.kernel.identity.models import User
from gamekeeper.kernel.identity.users.service import create
from gamekeeper.kernel.runtime import Runtime
from gamekeeper.kernel.tenancy.models import Organization, Site
from gamekeeper.modules.fleet.devices.models import Device
from gamekeeper.modules.venue.stations.models import Station
from gamekeeper.simulate.demo import history
from gamekeeper.simulate.demo.cast import ROOMS
from gamekeeper.simulate.demo.run import actor, fill


@pytest.fixture
async def somebody(runtime: Runtime) -> None:
    """An account, so that there is somebody to show the demo to."""
    async with runtime.as_system(None) as ctx:
        if await ctx.session.scalar(select(User.id).limit(1)) is None:
            await create(ctx, "first@example.test", "First", "!")


@pytest.mark.slow
@pytest.mark.usefixtures("somebody")
async def test_the_demo_is_filled_once(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "DAYS", 3)
    told: list[str] = []
    demo = await fill(runtime, told.append)
    assert len(demo.members) == sum(room.count for room in ROOMS)
    async with runtime.context(actor(demo.organization_id)) as ctx:
        organization = await ctx.session.get_one(Organization, demo.organization_id)
        assert organization.demo
        found = [await ctx.session.scalar(select(func.count()).select_from(table)) for table in (Site, Device, Station)]
        assert found == [3, len(demo.members), sum(room.count for room in ROOMS if room.seats)]
        connection = await ctx.raw()
        assert await connection.fetchval("SELECT count(DISTINCT device_id) FROM metrics_hour") == len(demo.members)
    again = await fill(runtime, told.append)
    assert again.organization_id == demo.organization_id
    assert again.members == demo.members
    assert len(told) == 4
