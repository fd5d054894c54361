"""Tokens: what programs prove themselves by (RFC 6750)."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from aiohttp import web

from runner.front.login import Login
from runner.front.problems import HttpProblem
from runner.front.rates import Rate
from runner.secret import Secret

LINES: Final = (
    "add to the files:\n\n"
    "runner:\n"
    "  http:\n"
    "    tokens:\n"
    '      - "{{ secrets.LKRUN_TOKEN }}"\n\n'
    "and set LKRUN_TOKEN in the environment to a long random text"
)
"""What opens the front to other machines."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Who may come in, as it is now.

    Attributes:
        tokens: what one of must be sent; None where none is wanted, empty where none is right.
        origins: pages of other sites that may ask, as browsers spell them.
        rate: so many requests of a token, or of an address; None where there is no limit.
        webhook: what signed events are signed with; None where none are taken, empty where none is
            right.
        login: whose ID tokens let callers in; None where there is no login provider.
    """

    tokens: tuple[Secret[str], ...] | None = None
    origins: frozenset[str] = frozenset()
    rate: Rate | None = None
    webhook: Secret[str] | None = None
    login: Login | None = None

    @property
    def wanted(self) -> tuple[Secret[str], ...] | None:
        """The tokens of which one must be sent; None where whoever is on this machine may ask."""
        return () if self.tokens is None and self.login is not None else self.tokens


_DOTS: Final = 2

PREVIEW: Final = "lkpreview_"
"""The token of a preview's link begins so."""

PROTOCOL: Final = "lkrun.bearer."
"""The subprotocol by which a WebSocket sends a token, percent-encoded, begins so."""


def token_of(request: web.Request, tokens: tuple[Secret[str], ...]) -> Secret[str] | None:
    """The token that a request sends, if it is one of these.

    Each is compared, and in a time that does not depend on what is sent.
    """
    scheme, sent = _sent(request)
    right = None
    for token in tokens:
        same = hmac.compare_digest(_bytes(sent), _bytes(token.reveal()))
        right = token if same else right
    return right if scheme.lower() == "bearer" else None


def shown(request: web.Request) -> Secret[str]:
    """The token that a request that was let in sends; empty where none is wanted."""
    return Secret(_sent(request)[1])


def bearer(request: web.Request) -> Secret[str]:
    """The token that a request sends as one (RFC 6750), whatever it is; empty without one."""
    scheme, sent = _sent(request)
    return Secret(sent if scheme.lower() == "bearer" else "")


def _sent(request: web.Request) -> tuple[str, str]:
    headers = request.headers.getall("Authorization", [])
    if not headers:
        return "Bearer", next(map(unquote, _of_socket(request)), "")
    scheme, _, sent = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
    return scheme, sent.strip()


def _of_socket(request: web.Request) -> Iterator[str]:
    """What a browser sends with a WebSocket, to which it can give no header (RFC 6455, 1.9)."""
    for header in request.headers.getall("Sec-WebSocket-Protocol", []):
        for offered in header.split(","):
            if offered.strip().startswith(PROTOCOL):
                yield offered.strip().removeprefix(PROTOCOL)


def is_of_preview(token: Secret[str]) -> bool:
    """Whether a token is that of a preview's link, of now or of before."""
    return token.reveal().startswith(PREVIEW)


def may_be_id_token(token: Secret[str]) -> bool:
    """Whether a token has the three parts of one that is signed (RFC 7515, 3.1)."""
    return token.reveal().count(".") == _DOTS


def unauthorized(request: web.Request, login: Login | None = None) -> HttpProblem:
    """What a request is told that sends no token, or another."""
    sent = "Authorization" in request.headers
    message = "this token is not one of the runner's" if sent else "this runner wants a token"
    of_callers = "the ID token of a caller who has signed in, or with " if login else ""
    hint = f"send the header 'Authorization: Bearer …' with {of_callers}one of the tokens of "
    hint = f"{hint}runner.http"
    return HttpProblem(401, "unauthorized", message, hint, {"WWW-Authenticate": "Bearer"})


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
