"""An OAuth 2.0 server, made of authlib: it knows nothing of lkrun's own code."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientCredentialsGrant,
    ClientMixin,
    OAuth2Request,
    RefreshTokenGrant,
    TokenMixin,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator


@dataclass
class Client(ClientMixin):
    """A client and how it may prove itself."""

    client_id: str
    secret: str
    methods: tuple[str, ...] = ("client_secret_basic", "client_secret_post")

    def check_client_secret(self, client_secret):
        return client_secret == self.secret

    def check_endpoint_auth_method(self, method, _endpoint):
        return method in self.methods

    def check_grant_type(self, _grant_type):
        return True

    def get_allowed_scope(self, scope):
        return scope or ""


@dataclass
class Given(TokenMixin):
    """A refresh token that was given."""

    value: str
    scope: str = ""

    def check_client(self, _client):
        return True

    def get_scope(self):
        return self.scope


class ByClient(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]  # noqa: RUF012 - authlib's own form


class ByRefresh(RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]  # noqa: RUF012 - as above
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        return self.server.refresh_tokens.get(refresh_token)

    def authenticate_user(self, _refresh_token):
        return "ann"

    def revoke_old_credential(self, refresh_token):
        del self.server.refresh_tokens[refresh_token.value]


@dataclass
class _Request(OAuth2Request):
    form: dict[str, str]

    def __init__(self, form, headers):
        super().__init__("POST", "https://login.example/token", headers=headers)
        self._form = form
        self.payload = BasicOAuth2Payload(form)

    @property
    def form(self):
        return self._form


class LoginServer(AuthorizationServer):
    """Gives tokens, and remembers which.

    Attributes:
        valid: access tokens that are good.
        refresh_tokens: those that are good; each is good once.
        asked: the forms that came in.
    """

    def __init__(self, client: Client, *, expires_in: int = 3600) -> None:
        super().__init__()
        self.client, self.valid, self.asked = client, set(), []
        self.refresh_tokens = {"first": Given("first")}
        self.slow = 0.0
        self.begun = asyncio.Event()
        make = BearerTokenGenerator(
            lambda **_: generate_token(42), lambda **_: generate_token(48), expires_in
        )
        self.register_token_generator("default", make)
        self.register_grant(ByClient)
        self.register_grant(ByRefresh)

    def query_client(self, client_id):
        return self.client if client_id == self.client.client_id else None

    def save_token(self, token, _request):
        self.valid.add(token["access_token"])
        if "refresh_token" in token:
            self.refresh_tokens[token["refresh_token"]] = Given(token["refresh_token"])

    def create_oauth2_request(self, request):
        return request

    def send_signal(self, name, *args, **kwargs):
        pass

    def handle_response(self, status, body, headers):
        return web.Response(text=json.dumps(body), status=status, headers=dict(headers))

    async def token(self, request: web.Request) -> web.StreamResponse:
        """The endpoint for tokens."""
        form: dict[str, Any] = dict(await request.post())
        self.asked.append(form)
        self.begun.set()
        await asyncio.sleep(self.slow)
        return self.create_token_response(_Request(form, request.headers))

    async def resource(self, request: web.Request) -> web.Response:
        """What only holders of a token may see."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.valid:
            return web.json_response({"error": "invalid_token"}, status=401)
        return web.json_response({"hello": "ann", "token": token})

    def app(self) -> web.Application:
        """Both."""
        app = web.Application()
        app.router.add_post("/token", self.token)
        app.router.add_route("*", "/hello", self.resource)
        return app
