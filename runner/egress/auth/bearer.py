"""A token in the header `Authorization` (RFC 6750)."""

from __future__ import annotations

from collections.abc import Generator

import httpx

from runner.egress.auth.seam import AuthContext, Authentication
from runner.egress.request.headers import set_header
from runner.schema.auth import Bearer
from runner.secret import Secret


class BearerToken(Authentication):
    """Sends a token."""

    def __init__(self, token: Secret[str]) -> None:
        """Take the token."""
        self._token = token
        self.hidden = (token,)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        set_header(request, "Authorization", self._token.map("Bearer {}".format))
        yield request


def begin(spec: Bearer, context: AuthContext) -> Authentication:
    """Make it from the author's block."""
    return BearerToken(context.header(spec.bearer, "bearer"))
