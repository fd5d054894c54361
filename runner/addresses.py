"""Which addresses tools may reach."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Blocked(Exception):  # noqa: N818  (it is an answer, and never leaves the egress)
    """An address that is refused; says so in plain words."""


_NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # RFC 6598: behind a provider's NAT; metadata of some clouds
        "168.63.129.16/32",  # the host's own services in Azure
        "192.0.0.0/24",  # RFC 6890; Python counts two of its addresses as public
        "192.88.99.0/24",  # RFC 7526: relays of 6to4
        "::/96",  # RFC 4291: IPv4-compatible
        "100:0:0:1::/64",  # RFC 9780: dummy
        "3fff::/20",  # RFC 9637: documentation
        "5f00::/16",  # RFC 9602: segment routing
        "64:ff9b:1::/48",  # RFC 8215: NAT64 of a local network
        "fec0::/10",  # RFC 3879: site-local
    )
)
_HOLDERS: Final = (
    (ipaddress.ip_network("::ffff:0:0/96"), 0),  # RFC 4291: IPv4-mapped
    (ipaddress.ip_network("::ffff:0:0:0/96"), 0),  # RFC 2765: IPv4-translated
    (ipaddress.ip_network("64:ff9b::/96"), 0),  # RFC 6052: NAT64
    (ipaddress.ip_network("2002::/16"), 80),  # RFC 3056: 6to4
)
"""Networks whose addresses hold an IPv4 address, and how many bits stand behind it."""


def unwrap(address: Address) -> Address:
    """Give the IPv4 address that an IPv6 address stands for, or the address itself."""
    for network, behind in _HOLDERS:
        if address in network:
            return ipaddress.IPv4Address(int(address) >> behind & 0xFFFF_FFFF)
    return address


def is_public(address: Address) -> bool:
    """Tell whether an address is in the public internet, and one host's."""
    address = unwrap(address)
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in _NOT_PUBLIC)
    )


def literal(host: str) -> Address | None:
    """Give the address that a host is, in any spelling of one; None where it is a name.

    `127.1`, `0x7f.1` and `2130706433` are spellings of 127.0.0.1, and so is `localhost` (RFC 6761).
    """
    text = host.strip("[]").rstrip(".").lower()
    if text == "localhost" or text.endswith(".localhost"):
        return ipaddress.IPv4Address("127.0.0.1")
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(text))
    except (OSError, UnicodeError, ValueError):
        return None


def _plain_host(host: str) -> str:
    host = host.strip().rstrip(".").lower()
    if host.isascii():
        return host
    import idna  # noqa: PLC0415  (only for names with letters beyond ASCII; httpx needs it too)

    try:
        return idna.encode(host).decode()
    except idna.IDNAError:
        return host


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of `runner.network.allow`: a network, a host, or a domain with all below it."""

    port: int | None
    network: _Network | None = None
    host: str = ""
    below: bool = False

    @classmethod
    def read(cls, text: str) -> _Entry:
        host, colon, port = text.strip().rpartition(":")
        if not colon or not port.isdecimal() or (":" in host and not host.endswith("]")):
            host, port = text.strip(), ""
        number = int(port) if port else None
        try:
            return cls(number, network=ipaddress.ip_network(host.strip("[]"), strict=False))
        except ValueError:
            pass
        below = host.startswith("*.")
        return cls(number, host=_plain_host(host.removeprefix("*")), below=below)

    def has(self, host: str, port: int, address: Address) -> bool:
        return self.names(host, port, address)

    def names(self, host: str, port: int, address: Address | None) -> bool:
        if self.port not in (None, port):
            return False
        if self.network is not None:
            return address is not None and (
                unwrap(address) in self.network or address in self.network
            )
        return host.endswith(self.host) if self.below else host == self.host


class Guard:
    """Lets requests pass to public addresses, and to those that are allowed."""

    def __init__(self, allow: Iterable[str] = ()) -> None:
        """Take the lines of `runner.network.allow`: host, host:port, *.domain, network."""
        self._allowed = tuple(map(_Entry.read, allow))

    def lists(self, host: str, port: int) -> bool:
        """Whether a line names this host, or a network that its literal address is in."""
        name = _plain_host(host)
        address = literal(name)
        return any(entry.names(name, port, address) for entry in self._allowed)

    def check(self, host: str, port: int, addresses: Iterable[Address]) -> None:
        """Allow a connection to a host that has these addresses.

        Raises:
            Blocked: one of them is not public, and nothing allows it.
        """
        name = _plain_host(host)
        for address in addresses:
            if is_public(address) or any(e.has(name, port, address) for e in self._allowed):
                continue
            of = "" if str(address) == name.strip("[]") else f" (at {address})"
            raise Blocked(
                f"{host}{of} is not in the public internet, and private addresses are refused "
                "unless the request has private_network: yes or runner.network.allow lists it"
            )
