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


def check(request: web.Request, address: tuple[str, int]) -> None:
    """Let a request in that means the address where the front listens.

    Raises:
        HttpProblem: it means another address (403), or comes from another page (403).
    """
    hosts = request.headers.getall("Host", [])
    bound, port = address
    if len(hosts) != 1 or not _ours(hosts[0], port):
        name = hosts[0][:100] if hosts else ""
        spelled = f"[{bound}]" if ":" in bound else bound
        message = f"this front does not answer to the name '{name}'"
        raise HttpProblem(403, "wrong_host", message, f"open http://{spelled}:{port}/ instead")
    if _foreign(request, hosts[0]):
        message = "this request comes from another page in a browser"
        raise HttpProblem(403, "wrong_origin", message, f"use the page at http://{hosts[0]}/")


def _ours(host: str, port: int) -> bool:
    try:
        split = urlsplit(f"//{host}")
        written = split.port or 80
    except ValueError:
        return False
    plain = split.netloc == host and "@" not in host
    return plain and written == port and loopback(split.hostname or "") is not None


def _foreign(request: web.Request, host: str) -> bool:
    """Whether another page sent it; a person may still follow a link to here, without `Origin`."""
    origins = request.headers.getall("Origin", [])
    if origins:
        return [each.lower() for each in origins] != [f"http://{host}".lower()]
    if request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
        return False
    followed = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    return request.method not in SAFE or not followed
