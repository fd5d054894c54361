"""A login provider: it signs ID tokens, and gives its keys."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from runner.front.login import Login

ISSUER = "https://login.clinic.example/"
AUDIENCE = "clinic-app"
KEYS_URL = "https://login.clinic.example/keys"
LOGIN = Login(ISSUER, (AUDIENCE, "clinic-phone-app"), KEYS_URL)


@cache
def private(algorithm: str, number: int = 0) -> Any:
    """A key of an algorithm; another number is another key."""
    if algorithm == "RS256":
        return rsa.generate_private_key(65537, 1024 if number < 0 else 2048)
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


_KINDS = {
    "RS256": jwt.algorithms.RSAAlgorithm,
    "ES256": jwt.algorithms.ECAlgorithm,
    "EdDSA": jwt.algorithms.OKPAlgorithm,
}


def public(algorithm: str, number: int = 0, **more: Any) -> dict[str, Any]:
    """A key as the provider gives it; what is None is left out."""
    shown = json.loads(_KINDS[algorithm].to_jwk(private(algorithm, number).public_key()))
    shown.pop("key_ops", None)
    known = {"kid": f"{algorithm}-{number}", "alg": algorithm, "use": "sig"}
    return {n: v for n, v in (shown | known | more).items() if v is not None}


def token(algorithm: str = "RS256", number: int = 0, **claims: Any) -> str:
    """An ID token; what is None is left out, `header` is put into its header."""
    header = {"kid": f"{algorithm}-{number}"} | claims.pop("header", {})
    now = int(time.time())
    written = {"iss": ISSUER, "aud": AUDIENCE, "sub": "mary", "iat": now, "exp": now + 600}
    written = {n: v for n, v in (written | claims).items() if v is not None}
    header = {n: v for n, v in header.items() if v is not None}
    return jwt.encode(written, private(algorithm, number), algorithm, headers=header)


def crafted(header: Any, payload: Any = b"{}", signature: bytes = b"x") -> str:
    """What looks like a token, of any bytes or JSON."""
    parts = (p if isinstance(p, bytes) else json.dumps(p).encode() for p in (header, payload))
    return ".".join(
        base64.urlsafe_b64encode(each).decode().rstrip("=") for each in (*parts, signature)
    )


class Provider:
    """Gives its keys to whoever asks, and counts.

    Attributes:
        keys: what it gives.
        raw: bytes that it gives instead.
        failure: what it raises instead.
        gate: it answers once this is set.
    """

    def __init__(self, *keys: dict[str, Any]) -> None:
        """Begin with these keys, or one of each algorithm."""
        self.keys = list(keys) or [public(each) for each in _KINDS]
        self.raw: bytes | None = None
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = 0
        self.came = asyncio.Event()

    async def __call__(self, url: str, seconds: float) -> bytes:
        """Fetch them."""
        assert (url, seconds) == (KEYS_URL, 5.0)
        self.asked += 1
        self.came.set()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return json.dumps({"keys": self.keys}).encode() if self.raw is None else self.raw
