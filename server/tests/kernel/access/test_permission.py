"""Permissions, and the built-in roles that have them."""

import pytest

from gamekeeper.kernel.access.permission import TEAM, BuiltIn, Permission, every_permission, permissions_of
from gamekeeper.kernel.access.permissions import May


def test_the_owner_has_everything_and_the_admin_almost() -> None:
    everything = {permission.value for permission in every_permission()}
    assert permissions_of(BuiltIn.OWNER) == everything
    owners_only = everything - permissions_of(BuiltIn.ADMIN)
    assert {May.MFA_REQUIRE.value, May.ORGANIZATION_CREATE.value} <= owners_only
    assert all(
        permission.roles == {BuiltIn.OWNER} for permission in every_permission() if permission.value in owners_only
    )


def test_no_role_has_what_an_admin_lacks() -> None:
    for role in set(BuiltIn) - {BuiltIn.OWNER}:
        assert permissions_of(role) <= permissions_of(BuiltIn.ADMIN)


def test_without_roles_a_permission_is_the_owners_and_the_admins() -> None:
    assert May.MEMBER_REMOVE.roles == {BuiltIn.OWNER, BuiltIn.ADMIN}
    assert May.TEAM_READ.roles == {BuiltIn.OWNER, BuiltIn.ADMIN, *TEAM}


def test_a_viewer_changes_nothing_here() -> None:
    verbs = {value.rpartition(".")[2] for value in permissions_of(BuiltIn.VIEWER) if value.startswith("kernel.")}
    assert verbs == {"read"}


@pytest.mark.parametrize("value", ["fleet.device", "Fleet.device.read", "fleet.device.read.all", ""])
def test_the_grammar(value: str) -> None:
    with pytest.raises(ValueError, match=r"is not module\.noun\.verb"):
        Permission("Wrong", {"ANY": (value, "do something")})  # pyright: ignore[reportCallIssue]


def test_every_permission_says_what_it_means() -> None:
    ours = [permission for permission in every_permission() if not permission.value.startswith("testing.")]
    for permission in ours:
        assert permission.meaning
        assert not permission.meaning.endswith("."), permission.value
        assert permission.meaning[0].islower(), permission.value
