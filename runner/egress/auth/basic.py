"""A user's name and password in the header `Authorization` (RFC 7617)."""

from __future__ import annotations

import base64
from collections.abc import Generator

import httpx

from runner.egress.auth.seam import AuthContext, Authentication
from runner.egress.request.headers import set_header
from runner.egress.trouble import RequestError
from runner.schema.auth import Basic
from runner.secret import Secret


class NameAndPassword(Authentication):
    """Sends a name and a password."""

    def __init__(self, username: Secret[str], password: Secret[str]) -> None:
        """Take both."""
        pair = username.map(lambda user: _encoded(f"{user}:{password.reveal()}"))
        self._header = pair.map("Basic {}".format)
        self.hidden = tuple(filter(None, (password, pair)))

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        set_header(request, "Authorization", self._header)
        yield request


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "replace")).decode()


def begin(spec: Basic, context: AuthContext) -> Authentication:
    """Make it from the author's block.

    Raises:
        RequestError: the name is empty, or has a colon, which ends it.
    """
    username = context.text(spec.basic.username, "username")
    if ":" in username.reveal():
        raise RequestError("'username' of auth has a colon, which no user's name can have")
    return NameAndPassword(username, context.render(spec.basic.password))
