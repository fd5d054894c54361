"""A key in a header or in the query."""

from __future__ import annotations

from collections.abc import Generator

import httpx

from runner.egress.auth.seam import AuthContext, Authentication
from runner.egress.request.address import with_query
from runner.egress.request.headers import set_header
from runner.schema.auth import ApiKey
from runner.secret import STARS, Secret


class KeyInHeader(Authentication):
    """Sends a key in a header."""

    def __init__(self, name: str, value: Secret[str]) -> None:
        """Take the header's name, and the key."""
        self._name, self._value = name, value
        self.hidden = (value,)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        set_header(request, self._name, self._value)
        yield request


class KeyInQuery(Authentication):
    """Sends a key in the query."""

    def __init__(self, name: str, value: Secret[str]) -> None:
        """Take the name that it is sent under, and the key."""
        self._name, self._value = name, value
        self.hidden = (value,)

    def shown(self, url: str) -> str:
        """Show three stars in its place."""
        return with_query(url, [(self._name, STARS)]).replace("%2A%2A%2A", STARS)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add it to the address."""
        request.url = httpx.URL(with_query(str(request.url), [(self._name, self._value)]))
        yield request


def begin(spec: ApiKey, context: AuthContext) -> Authentication:
    """Make it from the author's block."""
    written = spec.api_key
    if written.header is not None:
        return KeyInHeader(str(written.header), context.header(written.value, "value"))
    return KeyInQuery(str(written.query), context.text(written.value, "value"))
