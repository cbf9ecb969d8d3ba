"""`gamekeeper password` helps somebody who forgot theirs, without mail."""

import base64

from gamekeeper.kernel.identity.reset.service import owner_of
from gamekeeper.kernel.runtime import Runtime
from tests.commands.conftest import Run
from tests.conftest import MASTER_KEY
from tests.people import make_organization, make_person


async def test_a_link_for_an_account_and_a_line_for_none(run: Run, runtime: Runtime, owner_url: str) -> None:
    ada = await make_person(runtime, "Ada", ("owner",), await make_organization(runtime, "Lantern"))
    variables = {"DATABASE_URL": owner_url, "GAMEKEEPER_MASTER_KEY": base64.b64encode(MASTER_KEY).decode()}
    done = run("password", ada.email, GAMEKEEPER_PUBLIC_URL="https://play.example", **variables)
    assert done.returncode == 0, done.stderr
    link = done.stdout.strip().splitlines()[-1]
    assert link.startswith("https://play.example/password#gkp_")
    async with runtime.as_system(None) as ctx:
        assert (await owner_of(ctx, link.partition("#")[2])).id == ada.id
    unknown = run("password", "nobody@example.com", **variables)
    assert unknown.returncode == 1
    assert unknown.stderr.strip().endswith("There is no account with this e-mail address.")
