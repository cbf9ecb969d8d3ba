"""Whose request it is, behind proxies."""

from ipaddress import ip_network

import pytest
from starlette.requests import HTTPConnection

from gamekeeper.kernel.http.addresses import client_ip

PROXIES = (ip_network("10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("peer", "lines", "address"),
    [
        ("7.7.7.7", ["6.6.6.6"], "7.7.7.7"),
        ("10.0.0.1", ["6.6.6.6, 7.7.7.7"], "7.7.7.7"),
        ("10.0.0.1", ["6.6.6.6, 7.7.7.7, 10.0.0.2"], "7.7.7.7"),
        # A proxy that adds a line of its own below what the client wrote.
        ("10.0.0.1", ["6.6.6.6", "7.7.7.7"], "7.7.7.7"),
        ("10.0.0.1", ["6.6.6.6", "7.7.7.7", "10.0.0.2"], "7.7.7.7"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
    ],
)
def test_only_what_trusted_proxies_wrote_counts(peer: str, lines: list[str], address: str) -> None:
    headers = [(b"x-forwarded-for", line.encode()) for line in lines]
    connection = HTTPConnection({"type": "http", "client": (peer, 1), "headers": headers})
    assert client_ip(connection, PROXIES) == address
