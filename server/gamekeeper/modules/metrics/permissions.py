"""What may be done with readings."""

from gamekeeper.kernel.access.permission import TEAM, BuiltIn, Permission


class May(Permission):
    """Permissions of the metrics module."""

    READ = "metrics.reading.read", "see charts of devices", *TEAM
    EXPORT = "metrics.reading.export", "download readings as a file", BuiltIn.MANAGER
