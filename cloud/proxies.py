"""Proxies: which machines in front of the service are believed when they say whose request they pass on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

NOBODY = "nobody"
LOCAL = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
IPV6_PREFIX = 64
"""Bits of an IPv6 address that name a household: whoever has one address there has them all."""

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Proxies:
    """The networks that proxies are in. From any other address, `X-Forwarded-For` counts for nothing."""

    networks: Sequence[Network] = LOCAL

    @classmethod
    def parse(cls, text: str) -> Proxies:
        """Read what an operator writes: addresses and networks with commas between them, or "nobody".

        Raises:
            ValueError: says what was expected.
        """
        if text == NOBODY:
            return cls(())
        try:
            return cls(tuple(ip_network(part.strip()) for part in text.split(",") if part.strip()))
        except ValueError:
            raise ValueError(f"addresses or networks (192.0.2.1, 10.0.0.0/8) with commas, or {NOBODY}") from None

    def client_of(self, peer: str, *, forwarded: str) -> str:
        """Return the address of the client whose request came.

        Args:
            peer: the address that the connection is from.
            forwarded: the request's `X-Forwarded-For`. Each proxy adds at the end who asked it, so it is read from
                there, for as long as whoever said so is a proxy.
        """
        address = _parse(peer)
        if address is None:
            return peer
        for part in reversed(forwarded.split(",")):
            said = _parse(part.strip())
            if said is None or not self._has(address):
                break
            address = said
        return str(address)

    def __str__(self) -> str:
        """Write what `parse` reads."""
        return ",".join(map(str, self.networks)) or NOBODY

    def _has(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def household_of(address: str) -> str:
    """Return what limits count by: an IPv4 address, or the network of an IPv6 address that one client has all of."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return address if parsed is None else str(parsed)


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
