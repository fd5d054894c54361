"""A person's grant through the browser: a code, then a refresh token (RFC 6749, 7636)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from runner.egress.trouble import one_line
from runner.secret import Secret

_SECONDS = 20.0


class NotGrantedError(Exception):
    """There is no grant; the message is a plain sentence."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """A request for a person's grant.

    Attributes:
        authorize_url: where the person says yes.
        token_url: where the code is changed into tokens.
        extra: what this server wants besides.
    """

    authorize_url: str
    token_url: str
    client_id: str
    client_secret: Secret[str]
    scopes: Sequence[str]
    redirect_uri: str
    extra: Mapping[str, str] = field(default_factory=dict)
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)

    @property
    def url(self) -> str:
        """What the browser opens."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "state": self.state,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            **({"scope": " ".join(self.scopes)} if self.scopes else {}),
            **self.extra,
        }
        return f"{self.authorize_url}{'&' if '?' in self.authorize_url else '?'}{urlencode(query)}"

    def code(self, answer: Mapping[str, str]) -> str:
        """The code that came back with the browser.

        Raises:
            NotGrantedError: there is none, or it is somebody else's.
        """
        if answer.get("error"):
            raise NotGrantedError(f"it was not granted: {one_line(answer['error'], 100)}")
        if not secrets.compare_digest(answer.get("state", ""), self.state):
            raise NotGrantedError("what came back does not belong to this request")
        if not answer.get("code"):
            raise NotGrantedError("no code came back")
        return answer["code"]

    def refresh_token(self, code: str) -> str:
        """Change a code into a refresh token.

        Raises:
            NotGrantedError: the server gives none.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "client_id": self.client_id,
            "code_verifier": self.verifier,
            **({"client_secret": self.client_secret.reveal()} if self.client_secret else {}),
        }
        try:
            response = httpx.post(
                self.token_url, data=form, headers={"Accept": "application/json"},
                timeout=_SECONDS, trust_env=False,
            )  # fmt: skip
            answer: Any = response.json()
        except (httpx.HTTPError, ValueError):
            raise NotGrantedError(
                "the server that gives tokens cannot be reached or read"
            ) from None
        data = answer if isinstance(answer, dict) else {}
        token = data.get("refresh_token")
        if isinstance(token, str) and token:
            return token
        reason = one_line(str(data.get("error_description") or data.get("error") or ""), 120)
        raise NotGrantedError(
            f"there is no refresh token in the answer{f': {reason}' if reason else ''}"
        )
