"""A user's name and password in the header `Authorization` (RFC 7617)."""

from __future__ import annotations

import base64
from collections.abc import Generator

import httpx

from runner.egress.auth.seam import AuthContext, Authentication
from runner.egress.trouble import RequestError
from runner.schema.auth import Basic


class NameAndPassword(Authentication):
    """Sends a name and a password."""

    def __init__(self, username: str, password: str) -> None:
        """Take both."""
        pair = base64.b64encode(f"{username}:{password}".encode("utf-8", "replace")).decode()
        self._header = f"Basic {pair}"
        self.hidden = tuple(filter(None, (password, pair)))

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = self._header
        yield request


def begin(spec: Basic, context: AuthContext) -> Authentication:
    """Make it from the author's block.

    Raises:
        RequestError: the name is empty, or has a colon, which ends it.
    """
    username = context.text(spec.basic.username, "username")
    if ":" in username:
        raise RequestError("'username' of auth has a colon, which no user's name can have")
    return NameAndPassword(username, context.render(spec.basic.password))
