"""ID tokens of a login provider: what callers prove themselves by (OpenID Connect Core 1.0)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
from aiohttp import web
from jwt.exceptions import InvalidSubjectError

from runner.front.rooms_port import ProvenCaller
from runner.front.signing_keys import Fetch, Key, SigningKeys, refused
from runner.secret import Secret

LEEWAY: Final = 60
"""Seconds by which the clocks may differ."""

LONGEST: Final = 8 * 1024
"""Characters of a token."""

LONGEST_NAME: Final = 256
"""Characters of who somebody is."""

CALLER: Final = web.RequestKey("caller", ProvenCaller)
"""Under which a request holds who has proved themselves."""

_ALGORITHMS: Final[Mapping[str, tuple[str, tuple[str | None, ...]]]] = {
    "RS256": ("RSA", (None,)),
    "ES256": ("EC", ("P-256",)),
    "EdDSA": ("OKP", ("Ed25519", "Ed448")),
}
"""Algorithm → the type of its keys, and their curves; there are no others."""

_REGISTERED: Final = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
"""Claims that RFC 7519 registers: they are nobody's attributes."""

_LIVEKITS: Final = ("lk.", "lkrun.", "sip.")
"""Attributes whose names begin so mean something to LiveKit and the runner."""

_AGAIN: Final = "sign in again"


@dataclass(frozen=True, slots=True)
class Login:
    """Whose ID tokens count.

    Attributes:
        issuer: what they must say of whom they come from.
        audience: one of these they must be meant for.
        keys_url: where the keys are that they are signed with.
    """

    issuer: str
    audience: tuple[str, ...]
    keys_url: str


async def no_keys(url: str, seconds: float) -> bytes:
    """Fetch nothing: nobody has said how.

    Raises:
        ValueError: always.
    """
    raise ValueError(f"nothing fetches {url} within {seconds:g} s")


class IdTokens:
    """Tells who a token proves; keeps the provider's keys."""

    def __init__(self, fetch: Fetch = no_keys, clock: Callable[[], float] = time.monotonic) -> None:
        """Take who fetches keys."""
        self._fetch = fetch
        self._clock = clock
        self._keys: SigningKeys | None = None

    async def caller(self, login: Login, token: Secret[str]) -> ProvenCaller:
        """Who a token proves.

        Raises:
            HttpProblem: nobody (401); or that cannot be said now (503).
        """
        text = token.reveal()
        header = _header(text)
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS:
            message = "this ID token is not signed with RS256, ES256 or EdDSA"
            raise refused(message, "set the algorithm at the login provider")
        kid = header.get("kid")
        key = await self._of(login.keys_url).find(kid, lambda each: _fits(each, algorithm))
        return _proven(_claims(text, key, algorithm, login))

    async def close(self) -> None:
        """Stop fetching keys."""
        if self._keys is not None:
            await self._keys.close()

    def _of(self, url: str) -> SigningKeys:
        if self._keys is None or self._keys.url != url:
            self._keys = SigningKeys(url, self._fetch, self._clock)
        return self._keys


def _header(text: str) -> Mapping[str, Any]:
    if len(text) > LONGEST:
        message = f"this ID token is longer than {LONGEST // 1024} KB"
        raise refused(message, "have the login provider put less into it")
    try:
        return jwt.get_unverified_header(text)
    except Exception:  # noqa: BLE001 - whatever a stranger's text does to the library, it is no token
        message = "this is neither an ID token nor one of the runner's tokens"
        raise refused(message, "send the ID token as the login provider gave it") from None


def _fits(key: Key, algorithm: str) -> bool:
    kind, curves = _ALGORITHMS[algorithm]
    same = key.get("alg") in (None, algorithm)
    return same and key.get("kty") == kind and (curves == (None,) or key.get("crv") in curves)


def _claims(text: str, key: Key, algorithm: str, login: Login) -> Mapping[str, Any]:
    try:
        public = jwt.PyJWK({**key, "alg": algorithm}, algorithm)
    except Exception:  # noqa: BLE001 - as above, of a provider's text
        message = "the login provider's key for this ID token cannot be read"
        raise refused(message, "look at what stands at runner.http.jwt.keys_url") from None
    try:
        claims: dict[str, Any] = jwt.decode(
            text, public, [algorithm], audience=login.audience, issuer=login.issuer, leeway=LEEWAY,
            options={"require": ["exp", "sub", "iss", "aud"], "enforce_minimum_key_length": True},
        )  # fmt: skip
    except jwt.MissingRequiredClaimError as error:
        hint = "the login provider must put it into its ID tokens"
        raise refused(f"this ID token has no '{error.claim}'", hint) from None
    except jwt.PyJWTError as error:
        raise refused(*_why(error, login)) from None
    except Exception:  # noqa: BLE001 - as above
        raise refused("the claims of this ID token cannot be read", _AGAIN) from None
    return claims


def _why(error: Exception, login: Login) -> tuple[str, str]:
    """What is wrong with a token, and what to do."""
    kind = next((each for each in _REASONS if isinstance(error, each)), jwt.PyJWTError)
    message, hint = _REASONS[kind]
    return message, hint.format(issuer=login.issuer, audience=" or ".join(login.audience))


_REASONS: Final[Mapping[type[Exception], tuple[str, str]]] = {
    jwt.ExpiredSignatureError: ("this ID token has expired", _AGAIN),
    jwt.ImmatureSignatureError: (
        "this ID token is not valid yet",
        "set the clocks of this machine and of the login provider right",
    ),
    jwt.InvalidIssuerError: (
        "this ID token is of another login provider",
        "its 'iss' must be exactly '{issuer}', as runner.http.jwt.issuer has it",
    ),
    jwt.InvalidAudienceError: (
        "this ID token is meant for another program",
        "its 'aud' must be '{audience}', as runner.http.jwt.audience has it",
    ),
    InvalidSubjectError: ("the 'sub' of this ID token is no text", _AGAIN),
    jwt.InvalidKeyError: (
        "the login provider's key for this ID token is too short",
        "use a key of 2048 bits or more at the login provider",
    ),
    jwt.InvalidSignatureError: ("the signature of this ID token is not right", _AGAIN),
    jwt.PyJWTError: ("this ID token cannot be read", _AGAIN),
}
"""What the library finds → what the caller is told, the first that fits."""


def _proven(claims: Mapping[str, Any]) -> ProvenCaller:
    name = str(claims["sub"])
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        message = f"the 'sub' of this ID token is not 1 to {LONGEST_NAME} printable characters"
        raise refused(message, "the login provider must name each of its users by such a text")
    attributes = {
        each: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for each, value in claims.items()
        if each not in _REGISTERED and not each.startswith(_LIVEKITS) and value is not None
    }
    return ProvenCaller(name, attributes)
