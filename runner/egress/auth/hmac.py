"""A signature of each request by a shared secret: Standard Webhooks, or as the author says."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Generator

import httpx

from runner.egress.auth.seam import AuthContext, Authentication
from runner.egress.trouble import RequestError
from runner.schema.auth import Hmac, Signature
from runner.secret import Secret

_PREFIX = "whsec_"


class StandardWebhook(Authentication):
    """Signs as Standard Webhooks says (https://www.standardwebhooks.com, version 1.0.0).

    The id stays the same for all attempts of a call, so that the service can tell them apart from
    another call; the time and the signature are each attempt's own.
    """

    def __init__(self, secret: Secret[str], message: str = "") -> None:
        """Take the secret: Base64, usually with `whsec_` before it; and the id of the message.

        Raises:
            RequestError: it is something else.
        """
        try:
            self._key = secret.map(_decoded)
        except (binascii.Error, ValueError):
            raise RequestError(
                "the secret of hmac is not whsec_ and Base64, as Standard Webhooks has it; "
                "with header: any secret may stand there"
            ) from None
        self._id = message or f"msg_{secrets.token_hex(12)}"
        self.hidden = (secret,)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the three headers."""
        now = str(int(time.time()))
        signed = f"{self._id}.{now}.".encode() + request.content
        digest = hmac.digest(self._key.reveal(), signed, hashlib.sha256)
        request.headers["webhook-id"] = self._id
        request.headers["webhook-timestamp"] = now
        request.headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
        yield request


class DescribedSignature(Authentication):
    """Signs as the author's block says."""

    def __init__(self, spec: Signature, secret: Secret[str]) -> None:
        """Take the block, and the secret as it is."""
        self._spec = spec
        self._key = secret.map(lambda text: text.encode("utf-8", "replace"))
        self.hidden = (secret,)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the signature, and the time where it is asked for."""
        now, spec = str(int(time.time())), self._spec
        signed = request.content
        if spec.signs == "timestamp_body":
            signed = f"{now}.".encode() + signed
        digest = hmac.digest(self._key.reveal(), signed, spec.algorithm)
        written = digest.hex() if spec.encoding == "hex" else base64.b64encode(digest).decode()
        request.headers[str(spec.header)] = f"{spec.prefix or ''}{written}"
        if spec.timestamp_header is not None:
            request.headers[str(spec.timestamp_header)] = now
        yield request


def _decoded(secret: str) -> bytes:
    return base64.b64decode(secret.strip().removeprefix(_PREFIX), validate=True)


def begin(spec: Hmac, context: AuthContext) -> Authentication:
    """Make it from the author's block.

    Raises:
        RequestError: the secret is empty or of no use.
    """
    secret = context.text(spec.hmac.secret, "secret")
    if spec.hmac.header is None:
        return StandardWebhook(secret, context.message)
    return DescribedSignature(spec.hmac, secret)
