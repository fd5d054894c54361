"""Redirects: where they lead, and what goes along (RFC 9110, section 15.4)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import httpx

from runner.egress.request.headers import QuietRequest
from runner.egress.trouble import UNUSABLE, RequestError

FOLLOWED: Final = frozenset({301, 302, 303, 307, 308})
_SEE_OTHER: Final = 303
_FORMERLY_GET: Final = frozenset({301, 302})
_PROOFS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})
_OF_THE_BODY: Final = frozenset({"content-type", "content-length", "content-encoding"})
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Hop:
    """The request that follows a redirect.

    Attributes:
        at_home: whether it goes to the server that the author named: credentials may go along.
    """

    request: httpx.Request
    at_home: bool


def follow(
    request: httpx.Request, response: httpx.Response, home: httpx.URL, guarded: Collection[str]
) -> Hop:
    """Make the request that a redirect asks for.

    Args:
        request: what was sent, without its proof.
        response: the redirect.
        home: the address that the author named.
        guarded: names of headers, in small letters, that hold a secret; `BODY` where the body does.

    Raises:
        RequestError: it leads nowhere, or a secret in the body would go to another host.
    """
    url = _target(request.url, response)
    at_home = _same_server(home, url)
    method = _method(request.method, response.status_code)
    keeps_body = method == request.method and bool(request.content)
    if keeps_body and not at_home and BODY in guarded:
        raise RequestError(
            f"it redirects to {url.host}, and a body with a secret in it is not sent to another "
            "host",
            UNUSABLE,
        )
    dropped = {"host"} | (set() if keeps_body else _OF_THE_BODY)
    dropped |= set() if at_home else {*_PROOFS, *guarded}
    headers = [(n, v) for n, v in request.headers.raw if n.decode("latin-1").lower() not in dropped]
    content = request.content if keeps_body else None
    return Hop(QuietRequest(method, url, headers=headers, content=content), at_home)


BODY: Final = ":body"
"""Stands for the body among the names of headers that hold a secret."""


def _target(base: httpx.URL, response: httpx.Response) -> httpx.URL:
    written = response.headers.get("location", "")
    try:
        url = base.join(written).copy_with(userinfo=b"", fragment=None)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if not written or url.scheme not in _PORTS or not url.host:
        raise RequestError(
            f"the service answered {response.status_code} without an address to go to", UNUSABLE,
            status=response.status_code,
        )  # fmt: skip
    return url


def _same_server(home: httpx.URL, url: httpx.URL) -> bool:
    """Whether it is the same server, or the same with TLS."""
    upgraded = (home.scheme, url.scheme) == ("http", "https")
    ports = (_port(home), _port(url))
    if home.host != url.host:
        return False
    return (home.scheme == url.scheme and ports[0] == ports[1]) or (
        upgraded and ports == (_PORTS["http"], _PORTS["https"])
    )


def _port(url: httpx.URL) -> int:
    return url.port or _PORTS[url.scheme]


def _method(method: str, status: int) -> str:
    if status == _SEE_OTHER and method != "HEAD":
        return "GET"
    return "GET" if status in _FORMERLY_GET and method == "POST" else method
