"""Who may come in: requests that mean this very address, and pages that were served from it.

A loopback port is open to every web page in the person's browser. The `Host` check ends DNS
rebinding, the `Origin` check (Fetch standard, with `Sec-Fetch-Site` and `-Mode`) ends requests that
other pages send, of every method.
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from runner.front.problems import HttpProblem

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def loopback(host: str) -> str | None:
    """Say at which address a host name binds when it is this machine only, else None."""
    bare = host.strip().removeprefix("[").removesuffix("]").lower()
    if bare == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    return str(address) if address.is_loopback else None


def address_of(host: str) -> str | None:
    """Say at which address a host binds, on this machine only or not; None where it is none."""
    bare = host.strip().removeprefix("[").removesuffix("]")
    try:
        return loopback(host) or str(ipaddress.ip_address(bare))
    except ValueError:
        return None


def check(
    request: web.Request,
    address: tuple[str, int],
    origins: frozenset[str],
    *,
    embedded: bool = False,
) -> None:
    """Let a request in that means the address where the front listens.

    Args:
        request: what came.
        address: where the front listens.
        origins: pages of other sites that may ask; their hosts are names of the front too.
        embedded: whether it asks for a script that any page may load.

    Raises:
        HttpProblem: it means another address (403), or comes from another page (403).
    """
    hosts = request.headers.getall("Host", [])
    if len(hosts) != 1 or not (_ours(hosts[0], address) or _listed(hosts[0], origins)):
        name = hosts[0][:100] if hosts else ""
        message = f"this front does not answer to the name '{name}'"
        raise HttpProblem(403, "wrong_host", message, _elsewhere(address))
    if not embedded and _foreign(request, hosts[0], origins):
        message = "this request comes from another page in a browser"
        raise HttpProblem(403, "wrong_origin", message, f"use the page at http://{hosts[0]}/")


def _elsewhere(address: tuple[str, int]) -> str:
    bound, port = address
    if loopback(bound) is None:
        return "list the address at which people open it under runner.http.allowed_origins"
    return f"open http://{f'[{bound}]' if ':' in bound else bound}:{port}/ instead"


def _ours(host: str, address: tuple[str, int]) -> bool:
    """Whether it is an address, which no stranger's name can be made to mean.

    Who listens at loopback is asked at its own port; before another, there may be a proxy.
    """
    bound, port = address
    try:
        split = urlsplit(f"//{host}")
        written = split.port or 80
    except ValueError:
        return False
    if split.netloc != host or "@" in host:
        return False
    if loopback(bound) is None:
        return address_of(split.hostname or "") is not None
    return written == port and loopback(split.hostname or "") is not None


def _listed(host: str, origins: frozenset[str]) -> bool:
    return any(host.lower() == urlsplit(origin).netloc for origin in origins)


def _foreign(request: web.Request, host: str, origins: frozenset[str]) -> bool:
    """Whether another page sent it; a person may still follow a link to here, without `Origin`."""
    sent = [each.lower() for each in request.headers.getall("Origin", [])]
    if sent:
        return len(sent) > 1 or sent[0] not in {f"http://{host}".lower(), *origins}
    if request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
        return False
    followed = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    return request.method not in SAFE or not followed
