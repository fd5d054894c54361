"""An access token of an OAuth 2.0 server (RFC 6749, RFC 6750)."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx

from runner.egress.auth.seam import AuthContext, Authentication
from runner.egress.auth.tokens import Grant
from runner.egress.request.headers import set_header
from runner.schema.auth import OAuth2
from runner.secret import NONE, Secret

_UNAUTHORIZED = 401


class AccessToken(Authentication):
    """Sends a token, and once more with a new one where the service does not take it any more."""

    def __init__(self, grant: Grant, context: AuthContext) -> None:
        """Take what tokens are got for."""
        self._grant, self._context = grant, context
        self.hidden = tuple(filter(None, (grant.client_secret, grant.refresh_token)))

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Add the header; where a token that was kept is refused, try once with a new one."""
        is_new, context = False, self._context
        while not is_new:
            token, is_new = await context.tokens.of(self._grant, context.send, context.hide)
            set_header(request, "Authorization", token.map("Bearer {}".format))
            response = yield request
            if response.status_code != _UNAUTHORIZED:
                return
            context.tokens.refused(self._grant, token)


def _stripped(context: AuthContext, text: str) -> Secret[str]:
    return context.render(text).map(str.strip)


def begin(spec: OAuth2, context: AuthContext) -> Authentication:
    """Make it from the author's block.

    Raises:
        RequestError: a value is missing.
    """
    written = spec.oauth2
    grant = Grant(
        token_url=context.text(written.token_url, "token_url"),
        client_id=context.text(written.client_id, "client_id"),
        client_secret=context.text(written.client_secret, "client_secret")
        if written.client_secret
        else NONE,
        scopes=tuple(filter(None, (_stripped(context, scope) for scope in written.scopes))),
        audience=_stripped(context, written.audience) if written.audience else NONE,
        refresh_token=context.text(written.refresh_token, "refresh_token")
        if written.refresh_token
        else NONE,
    )
    return AccessToken(grant, context)
