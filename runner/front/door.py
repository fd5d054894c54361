"""Who may come in: requests that mean this very address, and pages that were served from it.

A loopback port is open to every web page in the person's browser. The `Host` check ends DNS
rebinding, the `Origin` check (Fetch standard, with `Sec-Fetch-Site`) ends requests that other
pages send.
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from multidict import MultiMapping

from runner.front.problems import HttpProblem

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Server": "lkrun",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Set on every answer."""


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
        Problem: it means another address (403), or comes from another page (403).
    """
    hosts = request.headers.getall("Host", [])
    bound, port = address
    if len(hosts) != 1 or not _ours(hosts[0], port):
        name = hosts[0][:100] if hosts else ""
        spelled = f"[{bound}]" if ":" in bound else bound
        message = f"this front does not answer to the name '{name}'"
        raise HttpProblem(403, "wrong_host", message, f"open http://{spelled}:{port}/ instead")
    if request.method not in SAFE and _foreign(request.headers, hosts[0]):
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


def _foreign(headers: MultiMapping[str], host: str) -> bool:
    origins = headers.getall("Origin", [])
    if origins:
        return [each.lower() for each in origins] != [f"http://{host}".lower()]
    return headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
