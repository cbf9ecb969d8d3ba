"""Who is really calling, behind proxies that we know."""

from ipaddress import IPv4Network, IPv6Network, ip_address

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
    return address if _valid(address) else peer


def _valid(address: str) -> bool:
    try:
        ip_address(address)
    except ValueError:
        return False
    return True


def _trusted(address: str, proxies: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return _valid(address) and any(ip_address(address) in network for network in proxies)
