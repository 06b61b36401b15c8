"""Loopback: which hosts are this machine itself, so that the way to them needs no TLS and never leads through a proxy.

`localhost` in any case, also with the root's dot; 127.0.0.0/8 in every spelling that a resolver takes for a number
(`127.1`, `0x7f000001`); `::1` in every spelling, and 127.0.0.0/8 mapped into IPv6. Names below `localhost`
(`x.localhost`) do not count: not every resolver keeps them on this machine.
"""

import ipaddress
import socket
from urllib.parse import urlsplit


def is_loopback(host: str | None) -> bool:
    """Tell whether a host, as a URL names it, is this machine. Asks no resolver."""
    name = (host or "").removeprefix("[").removesuffix("]")
    return name.lower().removesuffix(".") == "localhost" or _is_loopback_address(name)


def is_loopback_url(url: str) -> bool:
    """Tell whether a URL leads to this machine; False for a text that is not a URL."""
    try:
        return is_loopback(urlsplit(url).hostname)
    except ValueError:
        return False


def _is_loopback_address(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return _is_loopback_number(name)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _is_loopback_number(name: str) -> bool:
    """Read the older spellings of an IPv4 address, as resolvers do: fewer parts, octal, hexadecimal."""
    if not name.isascii() or not name.isprintable() or " " in name:
        return False  # inet_aton ignores what stands behind white space
    try:
        return socket.inet_aton(name)[0] == 127
    except OSError:
        return False
