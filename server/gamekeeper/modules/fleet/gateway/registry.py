"""The connections of this gateway, one for each device."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from gamekeeper.modules.fleet.gateway.connection import Connection


class Registry:
    """Which connection is a device's newest here."""

    def __init__(self) -> None:
        self._connections: dict[UUID, Connection] = {}

    def __len__(self) -> int:
        return len(self._connections)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._connections.values()))

    def get(self, device_id: UUID) -> Connection | None:
        """The device's connection here."""
        return self._connections.get(device_id)

    def named(self, keys: Iterable[str]) -> list[Connection]:
        """The connections that a hint names; all of them when it names none."""
        names = list(keys)
        if not names:
            return list(self)
        found = (self._connections.get(UUID(name)) for name in names)
        return [connection for connection in found if connection is not None]

    def enter(self, connection: Connection) -> Connection | None:
        """A device's new connection; answers the older one that it takes over from."""
        older = self._connections.get(connection.device.id)
        if older is not None and older.device.epoch > connection.device.epoch:
            # Two handshakes overtook one another: the newer one is in already, so this one goes.
            return connection
        self._connections[connection.device.id] = connection
        return older

    def leave(self, connection: Connection) -> bool:
        """A connection ended; False when a newer one has taken over."""
        if self._connections.get(connection.device.id) is not connection:
            return False
        del self._connections[connection.device.id]
        return True
