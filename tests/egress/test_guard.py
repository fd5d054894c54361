"""Which addresses are public, and what `runner.network.allow` opens."""

from __future__ import annotations

import ipaddress

import pytest

from runner.addresses import Blocked, Guard, is_public

PRIVATE = """
0.0.0.0 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254
172.16.0.1 192.0.0.8 192.0.0.192 192.88.99.1 192.168.1.1 198.18.0.1 203.0.113.1 224.0.0.1 240.0.0.1
255.255.255.255 :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0:7f00:1 64:ff9b::7f00:1
64:ff9b:1::808:808 2002:7f00:1:: 2002:a00:1::1 2001:db8::1 2001::1 fc00::1 fd00:ec2::254 fe80::1
fe80::1%eth0 fec0::1 ff02::1 3fff::1 5f00::1 100::1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_what_is_not_public(address):
    """Addresses of one machine, one network or many hosts are refused, however they are wrapped."""
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"],
)
def test_what_is_public(address):
    """Addresses of the internet are public, also behind NAT64."""
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("allow", "host", "port", "address", "passes"),
    [
        ("10.0.0.0/8", "x.example", 80, "10.1.2.3", True),
        ("10.0.0.0/8", "x.example", 80, "::ffff:10.1.2.3", True),
        ("10.0.0.1/8", "x.example", 80, "10.1.2.3", True),
        ("10.0.0.0/8", "x.example", 80, "192.168.0.1", False),
        ("fd00::/8", "x.example", 80, "fd12::1", True),
        ("127.0.0.1", "127.0.0.1", 80, "127.0.0.1", True),
        ("127.0.0.1:8099", "localhost", 8099, "127.0.0.1", True),
        ("127.0.0.1:8099", "127.0.0.1", 8098, "127.0.0.1", False),
        ("[::1]:8099", "::1", 8099, "::1", True),
        ("[::1]:8099", "::1", 80, "::1", False),
        ("::1", "::1", 80, "::1", True),
        ("Crm.Corp.example", "crm.corp.EXAMPLE", 80, "10.0.0.1", True),
        ("crm.corp.example", "crm.corp.example.", 80, "10.0.0.1", True),
        ("crm.corp.example", "evil.example", 80, "10.0.0.1", False),
        ("crm.corp.example:8080", "crm.corp.example", 8080, "10.0.0.1", True),
        ("crm.corp.example:8080", "crm.corp.example", 80, "10.0.0.1", False),
        ("*.corp.example", "a.b.corp.example", 80, "10.0.0.1", True),
        ("*.corp.example:81", "a.corp.example", 80, "10.0.0.1", False),
        ("*.corp.example", "corp.example", 80, "10.0.0.1", False),
        ("*.corp.example", "evilcorp.example", 80, "10.0.0.1", False),
        ("bücher.example", "xn--bcher-kva.example", 80, "10.0.0.1", True),
        ("bücher..example", "x.example", 80, "10.0.0.1", False),
    ],
)
def test_allow(allow, host, port, address, passes):
    """A line allows a host by name in any case, a domain's hosts or a network, at a port or any."""
    guard = Guard([allow])
    if passes:
        guard.check(host, port, [ipaddress.ip_address(address)])
        return
    with pytest.raises(Blocked, match=r"private addresses are refused"):
        guard.check(host, port, [ipaddress.ip_address(address)])


def test_one_private_address_is_enough():
    """A name that has a public and a private address is refused whole."""
    addresses = [ipaddress.ip_address(a) for a in ("8.8.8.8", "10.0.0.1")]
    with pytest.raises(Blocked, match=r"^x.example \(at 10.0.0.1\) is not"):
        Guard().check("x.example", 80, addresses)
