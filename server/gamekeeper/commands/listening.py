"""The ports, taken before anything else starts, so that a busy one is the first and only complaint."""

import errno
import socket

from gamekeeper.commands.failures import StartRefused


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A listening socket. Raises StartRefused when the port or the address cannot be had; `setting` names the cure."""
    try:
        families = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise StartRefused(f"The address {host} is not known to this machine: {error.strerror}.") from None
    family, kind, protocol, _, address = families[0]
    listening = socket.socket(family, kind, protocol)
    # A restart must not wait for the last run's closed connections; another listener still is an error.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise StartRefused(_complaint(error, host, port, setting)) from None
    listening.setblocking(False)
    return listening


def _complaint(error: OSError, host: str, port: int, setting: str) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} is in use by another program. End that, or choose another port with {setting}."
        case errno.EACCES | errno.EPERM:
            return f"Port {port} may only be used by root. Choose one above 1023 with {setting}."
        case errno.EADDRNOTAVAIL:
            return f"The address {host} does not belong to this machine. Correct {setting.replace('PORT', 'HOST')}."
        case _:
            return f"Port {port} on {host} cannot be used: {error.strerror}. Change {setting}."
