"""Why a socket between agent and gateway was closed."""

from enum import IntEnum


class CloseCode(IntEnum):
    """WebSocket close codes of the gateway; below 4000 the protocol's own ones keep their meaning."""

    SUPERSEDED = 4001
    """A newer connection of the same device took over."""
    UNSUPPORTED_PROTOCOL = 4002
    """The agent's protocol number is not spoken here: update the agent."""
    REVOKED = 4003
    """The certificate or the device was revoked: enrol again."""
    UNKNOWN_DEVICE = 4004
    """The certificate is of our authority but names no device."""
    CERTIFICATE_EXPIRED = 4005
    """The certificate expired while the socket was open."""
    BAD_FRAME = 4008
    """A frame was not what the protocol says."""
    TOO_LARGE = 4009
    """A frame was larger than allowed."""
    HELLO_MISSING = 4010
    """The first frame was not a hello, or none came in time."""
    TOO_MANY = 4011
    """Frames came faster than a device may send them."""
    DRAINING = 4012
    """The gateway is going down: come back within the spread it named."""
    OVERLOADED = 4013
    """The gateway cannot take this connection now: come back later."""

    @property
    def is_final(self) -> bool:
        """Whether coming back with the same certificate is of no use."""
        return self in {CloseCode.REVOKED, CloseCode.UNKNOWN_DEVICE, CloseCode.UNSUPPORTED_PROTOCOL}
