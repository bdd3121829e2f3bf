"""Hosts, sites and clients by their names and numbers."""

from __future__ import annotations

import ipaddress
import re
import socket

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
"""Names by which a browser on the same machine may call a server."""


def public_address(host: str) -> bool:
    """Whether others than this machine can reach a server that listens on `host`; a name that
    cannot be resolved counts as public."""
    try:
        found = socket.getaddrinfo(host.strip("[]") or None, None, flags=socket.AI_PASSIVE)
    except OSError:
        return True
    return not all(_is_loopback(str(address[0])) for *_, address in found)


def host_name(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    name = host.strip().lower()
    if not _is_address(name):
        name = re.sub(r":\d*$", "", name)
    return name.strip("[]").removesuffix(".")


def same_site(origin: str, host: str) -> bool:
    """Whether an Origin header names the site that the Host header does; the origin "null" is
    nobody's."""
    scheme, _, place = origin.partition("://")
    return scheme in ("http", "https") and _with_port(place) == _with_port(host)


def network(client: str) -> str:
    """Of a client's address, what one customer has: of IPv6 64 bits."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _with_port(host: str) -> str:
    """For comparing: some write the port that a scheme has anyway."""
    return re.sub(r":(80|443)$", "", host.strip().lower())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    address = ipaddress.ip_address(name.partition("%")[0])
    inner = getattr(address, "ipv4_mapped", None)
    return (inner or address).is_loopback
