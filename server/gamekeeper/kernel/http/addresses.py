"""Who is really calling, behind proxies that we know."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.requests import HTTPConnection


def client_ip(connection: HTTPConnection, proxies: tuple[IPv4Network | IPv6Network, ...]) -> str:
    """The caller's address. X-Forwarded-For is read from the right, and only as far as trusted proxies wrote it."""
    peer = connection.client.host if connection.client else ""
    # All lines of the header: some proxies add one of their own below whatever the client wrote.
    told = ",".join(connection.headers.getlist("x-forwarded-for"))
    chain = [part.strip() for part in told.split(",") if part.strip()]
    address = peer
    while chain and _trusted(address, proxies):
        address = chain.pop()
    return address if _parsed(address) else peer


@lru_cache(4096)
def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Kept, because the same few callers ask again and again."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _trusted(text: str, proxies: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    address = _parsed(text)
    return address is not None and any(address in network for network in proxies)
