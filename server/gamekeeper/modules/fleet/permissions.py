"""What a role may allow in the fleet."""

from gamekeeper.kernel.access.permission import TEAM, BuiltIn, Permission


class May(Permission):
    """Permissions of the fleet; all but GROUP and ENROL can also be granted on a device, a group or a site."""

    VIEW = "fleet.device.view", "see devices, their state and what happened to them", *TEAM
    EDIT = "fleet.device.edit", "register, rename, place, tag and delete devices, and set maintenance", BuiltIn.MANAGER
    COMMAND = "fleet.device.command", "restart, reboot and update devices", BuiltIn.MANAGER, BuiltIn.STAFF
    INSPECT = "fleet.device.inspect", "read a device's log and take a picture of its screen", BuiltIn.MANAGER
    ENROL = "fleet.device.enrol", "make claim tokens and approve machines that ask to join", BuiltIn.MANAGER
    REVOKE = "fleet.device.revoke", "take a device's certificates away for good"
    GROUP = "fleet.group.edit", "make, move and delete device groups", BuiltIn.MANAGER
